package store_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/store"
)

// fullDiskHelper marks the process that may mount a disk of its own.
const fullDiskHelper = "LOVE_TEST_FULL_DISK"

func TestCheck_ReportsAFullDisk(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFullDiskHelper$", "-test.v")
	cmd.Env = append(os.Environ(), fullDiskHelper+"="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	output, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) || bytes.Contains(output, []byte("no disk")) {
		t.Skip("this machine does not let a user mount a disk")
	}
	require.NoError(t, err, "%s", output)
	require.Contains(t, string(output), "--- PASS: TestFullDiskHelper")
}

// TestFullDiskHelper is the part of TestCheck_ReportsAFullDisk that runs in a process
// with a disk of its own.
func TestFullDiskHelper(t *testing.T) {
	dir := os.Getenv(fullDiskHelper)
	if dir == "" {
		t.Skip("only TestCheck_ReportsAFullDisk runs it")
	}
	if err := syscall.Mount("disk", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Fatal("no disk: ", err)
	}
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "love.db"))
	require.NoError(t, err)
	defer s.Close()

	f, err := os.Create(filepath.Join(dir, "zeros"))
	require.NoError(t, err)
	_, err = io.Copy(f, neverEnding{})
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.NoError(t, f.Close())
	err = s.Check(t.Context())
	require.ErrorContains(t, err, "it cannot be written: the disk of")
	require.ErrorContains(t, err, "is full (0 KiB left), free some space")
}

type neverEnding struct{}

func (neverEnding) Read(p []byte) (int, error) { return len(p), nil }
