package machine

import (
	"runtime/debug"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func TestMemoryIsThatOfTheMachineOrItsControlGroup(t *testing.T) {
	const machine, group = "the memory of the machine", "the memory limit of the control group"
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	meminfo := file("MemTotal:        8000000 kB\nMemFree:         1000000 kB\n")
	for name, c := range map[string]struct {
		files     fstest.MapFS
		bytes     int64
		limitedBy string
	}{
		"no control group": {fstest.MapFS{"proc/meminfo": meminfo}, 8000000 << 10, machine},
		"a group without limit": {fstest.MapFS{
			"proc/meminfo": meminfo, "proc/self/cgroup": file("0::/\n"), "sys/fs/cgroup/memory.max": file("max\n"),
		}, 8000000 << 10, machine},
		"a container": {fstest.MapFS{
			"proc/meminfo": meminfo, "proc/self/cgroup": file("0::/\n"), "sys/fs/cgroup/memory.max": file("268435456\n"),
		}, 256 << 20, group},
		"a service in a slice with a limit": {fstest.MapFS{
			"proc/meminfo": meminfo, "proc/self/cgroup": file("0::/system.slice/loved.service\n"),
			"sys/fs/cgroup/system.slice/memory.max":               file("134217728\n"),
			"sys/fs/cgroup/system.slice/loved.service/memory.max": file("max\n"),
		}, 128 << 20, group},
		"version 1": {fstest.MapFS{
			"proc/meminfo": meminfo, "proc/self/cgroup": file("5:cpu,cpuacct:/\n4:memory:/docker/x\n"),
			"sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes": file("67108864\n"),
			"sys/fs/cgroup/memory/memory.limit_in_bytes":          file("9223372036854771712\n"),
		}, 64 << 20, group},
		"a limit above the machine's": {fstest.MapFS{
			"proc/meminfo": file("MemTotal: 1024 kB\n"), "proc/self/cgroup": file("0::/\n"), "sys/fs/cgroup/memory.max": file("268435456\n"),
		}, 1 << 20, machine},
	} {
		bytes, limitedBy, ok := memoryIn(c.files)
		require.True(t, ok, name)
		require.Equal(t, c.bytes, bytes, name)
		require.Equal(t, c.limitedBy, limitedBy, name)
	}
	_, _, ok := memoryIn(fstest.MapFS{})
	require.False(t, ok, "not every machine is Linux")
}

func TestGOMEMLIMITCountsIfItIsLess(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1 << 20))
	bytes, limitedBy, ok := Memory()
	require.True(t, ok)
	require.EqualValues(t, 1<<20, bytes)
	require.Equal(t, "GOMEMLIMIT", limitedBy)
}

func TestTheDescriptorsOfAServerAreShared(t *testing.T) {
	for total, want := range map[int]Shares{
		MinDescriptors: {Total: 128, Sockets: 32, Requests: 32},
		1024:           {Total: 1024, Sockets: 704, Requests: 256},
		20000:          {Total: 20000, Sockets: 14936, Requests: 5000},
		50:             {Total: 50, Sockets: 1, Requests: 32},
	} {
		require.Equal(t, want, Share(total))
	}
	require.Equal(t, 1024-64-10, Share(1024).LeftFor(10), "what websockets cannot take is for requests")
	require.Equal(t, 256, Share(1024).LeftFor(5000))
}
