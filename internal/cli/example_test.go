package cli

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/rubin-love/love-go/internal/example"
	"github.com/rubin-love/love-go/internal/pgtest"
)

func TestEveryExampleSaysHowItIsUsedAndIsInTheHelp(t *testing.T) {
	u := newUser(t)
	help := u.mustRun("", "example", "--help")
	for _, name := range example.Names() {
		text := u.mustRun("", "example", name)
		if name != "grafana" { // JSON has no comments
			require.Regexp(t, `^# `, text, name)
		}
		require.Regexp(t, `\bloved (manager|example|check|config)\b`, text, name)
		require.NotContains(t, text, "<no value>")
		require.Contains(t, help, "  "+name+" ")
	}
	require.Contains(t, u.mustFail(exitUsage, "", "example", "helm"), `there is no example "helm": there are config, env, `)
	require.Contains(t, u.mustFail(exitUsage, "", "example"), "FILE is missing")
}

// uncommented returns the lines of settings of an example, which are all comments.
func uncommented(text, setting string) string {
	var b strings.Builder
	for _, line := range regexp.MustCompile(`(?m)^#(`+setting+`)$`).FindAllStringSubmatch(text, -1) {
		b.WriteString(line[1] + "\n")
	}
	return b.String()
}

func TestTheExampleOfAConfigurationHasEverySettingWithItsDefault(t *testing.T) {
	u := newUser(t)
	text := u.mustRun("", "example", "config")
	for name, now := range u.settings() {
		require.Contains(t, text, "\n#"+name+":", name)
		require.Contains(t, now, "default ")
	}
	require.Equal(t, u.settings(), u.settings("--config", u.writeFile("as-it-is.yaml", text)))

	file := u.writeFile("loved.yaml", uncommented(text, `[a-z0-9-]+: .+`))
	want := u.settings()
	for name, value := range u.settings("--config", file) {
		_, expected, _ := strings.Cut(want[name], " ")
		_, got, _ := strings.Cut(value, " ")
		require.Equal(t, expected, got, name)
		if expected != "-" {
			require.Contains(t, value, file+":", name)
		}
	}
}

func TestTheExampleOfAnEnvironmentHasEveryVariableWithItsDefault(t *testing.T) {
	u := newUser(t)
	text := u.mustRun("", "example", "env")
	want := u.settings()
	lines := uncommented(text, `[A-Z0-9_]+=.*`)
	require.Contains(t, lines, "\nADMIN_USER_PASS_FILE=\n")
	for line := range strings.Lines(lines) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		u.env[name] = value
	}
	changed := 0
	for name, value := range u.settings() {
		_, expected, _ := strings.Cut(want[name], " ")
		from, got, _ := strings.Cut(value, " ")
		require.Equal(t, expected, got, name)
		if from != "default" {
			require.Regexp(t, `^[A-Z0-9_]+$`, from)
			changed++
		}
	}
	require.Greater(t, changed, 30)
	require.NotContains(t, u.run("check").errors, "is not a variable that loved reads")
}

// unitSettings returns the values of a key in a unit of systemd.
func unitSettings(unit, key string) (all []string) {
	for _, m := range regexp.MustCompile(`(?m)^`+key+`=(.*)$`).FindAllStringSubmatch(unit, -1) {
		all = append(all, m[1])
	}
	return all
}

func TestTheUnitOfSystemdIsValid(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	u := newUser(t)
	self, err := os.Executable()
	require.NoError(t, err)
	unit := strings.ReplaceAll(u.mustRun("", "example", "systemd"), "/usr/local/bin/loved", self)
	file := u.writeFile("loved.service", unit)
	out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", file).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NotContains(t, string(out), "loved.service", "a warning")

	broken := u.writeFile("broken.service", strings.ReplaceAll(unit, "Restart=always", "Restart=maybe\nExecStart=/nowhere/loved"))
	out, _ = exec.CommandContext(t.Context(), analyze, "verify", "--man=no", broken).CombinedOutput()
	require.Contains(t, string(out), "broken.service", "the test notices mistakes")
}

func TestTheCommandOfTheUnitStartsAManager(t *testing.T) {
	u := newUser(t)
	unit := u.mustRun("", "example", "systemd")
	state, credentials := t.TempDir(), t.TempDir()
	for _, c := range unitSettings(unit, "LoadCredential") {
		name, _, _ := strings.Cut(c, ":")
		require.NoError(t, os.WriteFile(filepath.Join(credentials, name), []byte("four-random-words\n"), 0o400))
	}
	paths := strings.NewReplacer("%d", credentials, "/var/lib/loved", state)
	// As the first lines of the unit make it.
	edit := regexp.MustCompile(`\| sed '(.*)' >/etc/love/loved.yaml`).FindStringSubmatch(unit)[1]
	sed := exec.CommandContext(t.Context(), "sed", paths.Replace(edit))
	sed.Stdin = strings.NewReader(u.mustRun("", "example", "config"))
	settings, err := sed.Output()
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(credentials, "loved.yaml")))
	require.NoError(t, os.WriteFile(filepath.Join(credentials, "loved.yaml"), settings, 0o400))
	for _, e := range unitSettings(unit, "Environment") {
		name, value, _ := strings.Cut(paths.Replace(e), "=")
		require.True(t, strings.HasSuffix(name, secretFileVariableSuffix), "%s would count before the file", name)
		u.env[name] = value
	}
	args := strings.Fields(paths.Replace(unitSettings(unit, "ExecStart")[0]))[1:]
	require.Equal(t, []string{"notify"}, unitSettings(unit, "Type"))
	systemd := listenAsSystemd(t)
	p := u.start(append(args, "--listen", "127.0.0.1:0")...)
	require.Equal(t, "READY=1", systemd())
	url := p.waitFor(`LOVE manager at (\S+)\n`)[1]
	require.FileExists(t, filepath.Join(state, "loved.db"))
	u.env["LOVED_PASSWORD"] = "four-random-words"
	require.NotEmpty(t, u.mustRun("", "token", "admin", "--manager", url))
	require.Zero(t, p.stop())
	require.Equal(t, "STOPPING=1", systemd())
	require.NotContains(t, p.errors.String(), "level=WARN")

	// The check that the unit names is made by the operator, without the unit's environment.
	check := regexp.MustCompile(`(?m)^#   loved (check .*)$`).FindStringSubmatch(unit)[1]
	by := newUser(t)
	got := by.run(strings.Fields(strings.ReplaceAll(check, "/etc/love", credentials))...)
	require.Zero(t, got.code, got.out)
	require.Contains(t, got.out, "ok       database: 1 user\n")
}

// listenAsSystemd is where a unit with Type=notify tells how it is. next waits for what it
// tells next.
func listenAsSystemd(t *testing.T) (next func() string) {
	t.Helper()
	folder, err := os.MkdirTemp("", "love") // the name of a socket is short
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(folder)) })
	address := &net.UnixAddr{Name: filepath.Join(folder, "notify"), Net: "unixgram"}
	socket, err := net.ListenUnixgram("unixgram", address)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, socket.Close()) })
	t.Setenv("NOTIFY_SOCKET", address.Name)
	return func() string {
		require.NoError(t, socket.SetReadDeadline(time.Now().Add(30*time.Second)))
		state := make([]byte, 100)
		n, err := socket.Read(state)
		require.NoError(t, err)
		return string(state[:n])
	}
}

// resource is one of Kubernetes.
type resource struct {
	Kind     string
	Metadata struct {
		Name   string
		Labels map[string]string
	}
	Data map[string]string
	Spec struct {
		Selector map[string]any
		Ports    []struct {
			TargetPort string `yaml:"targetPort"`
		}
		Template struct {
			Metadata struct {
				Labels      map[string]string
				Annotations map[string]string
			}
			Spec struct {
				Containers []container
				Volumes    []struct {
					Name                  string
					ConfigMap             struct{ Name string }
					PersistentVolumeClaim struct{ ClaimName string }
				}
			}
		}
	}
}

type container struct {
	Image string
	Args  []string
	Env   []struct {
		Name, Value string
		ValueFrom   struct {
			SecretKeyRef struct{ Name, Key string } `yaml:"secretKeyRef"`
		} `yaml:"valueFrom"`
	}
	Ports []struct {
		Name          string
		ContainerPort int `yaml:"containerPort"`
	}
	Startup      probe `yaml:"startupProbe"`
	Liveness     probe `yaml:"livenessProbe"`
	Readiness    probe `yaml:"readinessProbe"`
	VolumeMounts []struct {
		Name      string
		MountPath string `yaml:"mountPath"`
		SubPath   string `yaml:"subPath"`
	} `yaml:"volumeMounts"`
}

type probe struct {
	HTTPGet struct{ Path, Port string } `yaml:"httpGet"`
}

// kubernetesResources reads documents of YAML by their kind.
func kubernetesResources(t *testing.T, text string) map[string]resource {
	all := map[string]resource{}
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for {
		var r resource
		if err := decoder.Decode(&r); err != nil {
			require.ErrorContains(t, err, "EOF")
			return all
		}
		if r.Kind != "" {
			all[r.Kind] = r
		}
	}
}

func TestTheResourcesOfKubernetesFitTogetherAndStartAManager(t *testing.T) {
	u := newUser(t)
	all := kubernetesResources(t, u.mustRun("", "example", "kubernetes"))
	require.Len(t, all, 4)
	pod, service := all["Deployment"].Spec.Template, all["Service"]
	require.Equal(t, pod.Metadata.Labels["app.kubernetes.io/name"], service.Spec.Selector["app.kubernetes.io/name"])
	require.Len(t, pod.Spec.Containers, 1)
	c := pod.Spec.Containers[0]
	mounted := map[string]bool{}
	for _, m := range c.VolumeMounts {
		mounted[m.Name] = true
		if m.SubPath != "" {
			require.Contains(t, all["ConfigMap"].Data, m.SubPath)
			require.Equal(t, c.Env[0].Value, m.MountPath)
		}
	}
	for _, v := range pod.Spec.Volumes {
		require.True(t, mounted[v.Name], v.Name)
		require.Contains(t, []string{"", all["ConfigMap"].Metadata.Name}, v.ConfigMap.Name)
		require.Contains(t, []string{"", all["PersistentVolumeClaim"].Metadata.Name}, v.PersistentVolumeClaim.ClaimName)
	}
	require.Equal(t, c.Ports[0].Name, service.Spec.Ports[0].TargetPort)

	secrets := t.TempDir()
	for _, name := range []string{"process-password", "admin-password"} {
		require.NoError(t, os.WriteFile(filepath.Join(secrets, name), []byte("four-random-words"), 0o400))
	}
	settings := strings.NewReplacer("/etc/love/secrets", secrets, "/var/lib/love", t.TempDir(), "0.0.0.0:8000", "127.0.0.1:0").Replace(all["ConfigMap"].Data["loved.yaml"])
	u.env[c.Env[0].Name] = u.writeFile("loved.yaml", settings)
	p := u.start(c.Args...)
	url := p.waitFor(`LOVE manager at (\S+)\n`)[1]
	for _, path := range []string{c.Startup.HTTPGet.Path, c.Liveness.HTTPGet.Path} {
		require.Equal(t, "ok\n", request(t, "GET", url+path, "", ""))
	}
	require.Regexp(t, "^ready\n", request(t, "GET", url+c.Readiness.HTTPGet.Path, "", ""))
	p.interrupt()
	require.Zero(t, p.stop())
}

func TestTheBaseOfKustomizeIsTheExample(t *testing.T) {
	const dir = "../../deploy/kustomize/base"
	base, err := os.ReadFile(filepath.Join(dir, "loved.yaml"))
	require.NoError(t, err)
	require.Equal(t, newUser(t).mustRun("", "example", "kubernetes"), string(base), "run: go run ./cmd/loved example kubernetes >deploy/kustomize/base/loved.yaml")

	text, err := os.ReadFile(filepath.Join(dir, "kustomization.yaml"))
	require.NoError(t, err)
	var k struct{ Resources []string }
	require.NoError(t, yaml.Unmarshal(text, &k))
	require.Equal(t, []string{"loved.yaml"}, k.Resources)
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		t.Skip("kubectl is not installed")
	}
	out, err := exec.CommandContext(t.Context(), kubectl, "kustomize", dir).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Len(t, kubernetesResources(t, string(out)), 4)
}

func TestTheOverlayOfKustomizeStartsManagersThatActAsOne(t *testing.T) {
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		t.Skip("kubectl is not installed")
	}
	out, err := exec.CommandContext(t.Context(), kubectl, "kustomize", "../../deploy/kustomize/several").CombinedOutput()
	require.NoError(t, err, "%s", out)
	all := kubernetesResources(t, string(out))
	require.Len(t, all, 3, "no volume")
	c := all["Deployment"].Spec.Template.Spec.Containers[0]
	broker, prefix := testRedis(t)
	secret := map[string]string{"database": pgtest.Schema(t), "broker": broker}
	passwords := t.TempDir()
	for _, name := range []string{"process-password", "admin-password"} {
		require.NoError(t, os.WriteFile(filepath.Join(passwords, name), []byte("four-random-words"), 0o400))
	}
	u := newUser(t)
	u.env["LOVED_BROKER_PREFIX"] = prefix // the test's own
	settings := strings.NewReplacer("/etc/love/secrets", passwords, "0.0.0.0:8000", "127.0.0.1:0").Replace(all["ConfigMap"].Data["loved.yaml"])
	for _, e := range c.Env {
		u.env[e.Name] = e.Value
		if from := e.ValueFrom.SecretKeyRef; from.Key != "" {
			require.Contains(t, secret, from.Key)
			u.env[e.Name] = secret[from.Key]
		}
	}
	u.env["LOVED_CONFIG"] = u.writeFile("loved.yaml", settings)
	var urls []string
	for range 2 {
		p := u.start(c.Args...)
		urls = append(urls, p.waitFor(`LOVE manager at (\S+)\n`)[1])
		require.NotContains(t, p.errors.String(), `"level":"WARN"`)
	}
	require.Eventually(t, func() bool {
		return strings.Contains(request(t, "GET", urls[0]+"/metrics", "", ""), "\nlove_broker_peers 1\n")
	}, testTimeout, 20*time.Millisecond)
	require.Equal(t, "ready\ndatabase: ok\nbroker: ok\n", request(t, "GET", urls[0]+"/readyz", "", ""))
}

// composition is what a file of Compose says.
type composition struct {
	Services map[string]struct {
		Image       string
		Command     []string
		Environment map[string]string
		Secrets     []string
		Configs     []struct{ Source string }
		ReadOnly    bool `yaml:"read_only"`
		Healthcheck struct{ Test []string }
	}
	Secrets map[string]struct{ File string }
	Configs map[string]struct{ File, Content string }
}

func TestTheServicesOfComposeRunTogether(t *testing.T) {
	u := newUser(t)
	var c composition
	require.NoError(t, yaml.Unmarshal([]byte(u.mustRun("", "example", "compose")), &c))
	require.Len(t, c.Services, 5)

	for name, s := range c.Services {
		for _, of := range s.Configs {
			require.NotEmpty(t, c.Configs[of.Source], "%s: %s", name, of.Source)
		}
	}
	for name, file := range c.Configs {
		require.True(t, (file.File == "") != (file.Content == ""), name)
		require.NoError(t, yaml.Unmarshal([]byte(file.Content), new(any)), name)
	}

	secrets := t.TempDir()
	for name, s := range c.Secrets {
		require.Equal(t, "./secrets/"+name, s.File)
		require.NoError(t, os.WriteFile(filepath.Join(secrets, name), []byte("four-random-words\n"), 0o400))
	}
	replace := []string{"/run/secrets", secrets, "/var/lib/love", t.TempDir(), "${LOVED_SAL:-sim}", "sim", "0.0.0.0:8000", "127.0.0.1:0", "0.0.0.0:5000", "127.0.0.1:0"}
	start := func(name, pattern string) (*process, string) {
		service := c.Services[name]
		require.Equal(t, "loved:latest", service.Image)
		require.True(t, service.ReadOnly)
		env := environment{"HOME": u.env["HOME"]}
		for variable, value := range service.Environment {
			env[variable] = strings.NewReplacer(replace...).Replace(value)
			if path, ok := strings.CutPrefix(value, "/run/secrets/"); ok {
				require.Contains(t, service.Secrets, path)
			}
		}
		p := (&user{t, env}).start(service.Command...)
		found := p.waitFor(pattern)
		require.NotContains(t, p.errors.String(), "is not a variable that loved reads")
		return p, found[1]
	}
	// The names of containers become addresses of this machine as they start.
	manager, url := start("manager", `LOVE manager at (\S+)\n`)
	replace = append(replace, "http://manager:8000", url)
	_, commander := start("commander", `LOVE commander at (\S+),`)
	require.Contains(t, manager.errors.String(), "commander")
	require.NotEmpty(t, commander)
	start("producer", `publishing (.*ScriptQueue:1.*) to `)

	u.env["LOVED_PASSWORD"], u.env["LOVED_USER"], u.env["LOVED_MANAGER"] = "four-random-words", "admin", url
	require.Contains(t, u.mustRun("", "sub", "telemetry-ATDome-0-position", "--count", "1"), "azimuthPosition")

	test := c.Services["manager"].Healthcheck.Test
	require.Equal(t, []string{"CMD", "/loved"}, test[:2])
	address := strings.TrimPrefix(url, "http://")
	u.env["LOVED_LISTEN"] = address
	require.Regexp(t, "^ready(, degraded)?\ndatabase: ok\n", u.mustRun("", test[2:]...))
	require.Zero(t, manager.stop())
	require.Contains(t, u.mustFail(exitFailure, "", test[2:]...), "no manager answers at "+address+": start it")
}

func TestCheckRunningNeedsAnAddress(t *testing.T) {
	u := newUser(t)
	require.Contains(t, u.mustFail(exitUsage, "", "check", "--running", "--listen", "127.0.0.1:0"), "give HOST:PORT of the running manager")
	for listen, want := range map[string]string{"0.0.0.0:80": "127.0.0.1:80", ":80": "127.0.0.1:80", "[::]:80": "[::1]:80", "love.example:80": "love.example:80"} {
		got, err := localAddress(listen)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}
