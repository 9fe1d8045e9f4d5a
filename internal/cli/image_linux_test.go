package cli

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
)

// buildStatic builds the program as the Dockerfile and the releases do.
func buildStatic(t *testing.T, file string) {
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", file, "./cmd/loved")
	build.Dir, build.Env = "../..", append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// instructions are those of the last stage of the Dockerfile, by their name.
func instructions(t *testing.T) map[string][]string {
	text, err := os.ReadFile("../../Dockerfile")
	require.NoError(t, err)
	require.Contains(t, string(text), "CGO_ENABLED=0 go build -trimpath -ldflags '-s -w'")
	all := map[string][]string{}
	last := string(text[bytes.LastIndex(text, []byte("\nFROM ")):])
	for _, m := range regexp.MustCompile(`(?m)^([A-Z]+) (.*)$`).FindAllStringSubmatch(last, -1) {
		all[m[1]] = append(all[m[1]], m[2])
	}
	return all
}

// TestTheProgramRunsAloneInAFolderAsTheUserOfTheImage starts the manager as the image does:
// with nothing but the program, as a user who may write to two folders.
func TestTheProgramRunsAloneInAFolderAsTheUserOfTheImage(t *testing.T) {
	if testing.Short() || os.Geteuid() != 0 {
		t.Skip("it takes a build, and the rights of root to change the root folder")
	}
	image := instructions(t)
	require.Equal(t, []string{"scratch"}, image["FROM"])
	require.Equal(t, []string{"65532:65532"}, image["USER"])
	root := t.TempDir()
	for dir := root; dir != "/"; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		require.NoError(t, err)
		require.NoError(t, os.Chmod(dir, info.Mode()|0o111))
	}
	program := filepath.Join(root, "loved")
	buildStatic(t, program)
	binary, err := elf.Open(program)
	require.NoError(t, err)
	for _, p := range binary.Progs {
		require.NotEqual(t, elf.PT_INTERP, p.Type, "it needs no loader and no library")
	}
	require.NoError(t, binary.Close())
	state := filepath.Join(root, "var/lib/love")
	require.NoError(t, os.MkdirAll(state, 0o755))
	require.NoError(t, os.Chown(state, 65532, 65532))

	run := func(args ...string) *exec.Cmd {
		c := exec.Command("/loved", args...)
		c.Dir = image["WORKDIR"][0]
		c.Env = append(strings.Fields(image["ENV"][0]), "PROCESS_CONNECTION_PASS=four-random-words", "LOVED_LISTEN=127.0.0.1:"+freePort(t))
		c.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
		return c
	}
	out := newOutput()
	manager := run("manager")
	manager.Stdout, manager.Stderr = out, out
	require.NoError(t, manager.Start())
	stopped := false
	stop := func() error {
		stopped = true
		_ = manager.Process.Signal(syscall.SIGTERM)
		return manager.Wait()
	}
	t.Cleanup(func() {
		if !stopped {
			_ = stop()
		}
	})
	out.waitFor(t, "LOVE manager at http://")
	var health []string
	_, words, _ := strings.Cut(image["HEALTHCHECK"][0], "CMD ")
	require.NoError(t, yaml.Unmarshal([]byte(words), &health))
	check := run(health[1:]...)
	check.Env = manager.Env
	text, err := check.CombinedOutput()
	require.NoError(t, err, "%s", text)
	require.Regexp(t, "^ready\n", string(text))
	require.NoError(t, stop())
	require.FileExists(t, filepath.Join(state, "loved.db"))
	entries, err := os.ReadDir(root)
	require.NoError(t, err)
	require.Len(t, entries, 2, "it has written nowhere else: %v", entries)
}

// TestTheImageIsBuilt builds it with Docker, where a daemon runs.
func TestTheImageIsBuilt(t *testing.T) {
	docker := os.Getenv("LOVE_TEST_DOCKER")
	if docker == "" {
		t.Skip("LOVE_TEST_DOCKER names no docker with a daemon")
	}
	build := exec.CommandContext(t.Context(), docker, "build", "-t", "loved:test", ".")
	build.Dir = "../.."
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	run := exec.CommandContext(t.Context(), docker, "run", "--rm", "--read-only", "--tmpfs", "/tmp", "loved:test", "version")
	run.WaitDelay = time.Minute
	out, err = run.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Regexp(t, "^loved ", string(out))
}

// TestTheReleaseIsBuiltAsTheImage compares what goreleaser is told with the Dockerfile.
func TestTheReleaseIsBuiltAsTheImage(t *testing.T) {
	text, err := os.ReadFile("../../.goreleaser.yaml")
	require.NoError(t, err)
	var c struct {
		Version int
		Builds  []struct {
			Main, Binary        string
			Env, Flags, Ldflags []string
		}
		Archives []struct{ Files []string }
		Sboms    []struct{ Artifacts string }
	}
	require.NoError(t, yaml.Unmarshal(text, &c))
	require.Equal(t, 2, c.Version)
	require.Equal(t, []string{"CGO_ENABLED=0"}, c.Builds[0].Env)
	require.Equal(t, []string{"-trimpath"}, c.Builds[0].Flags)
	require.Equal(t, []string{"-s -w"}, c.Builds[0].Ldflags)
	require.DirExists(t, filepath.Join("../..", c.Builds[0].Main))
	require.Len(t, c.Sboms, 2)
	for _, file := range c.Archives[0].Files {
		found, err := filepath.Glob(filepath.Join("../..", strings.ReplaceAll(file, "**", "*")))
		require.NoError(t, err)
		require.NotEmpty(t, found, file)
	}
}
