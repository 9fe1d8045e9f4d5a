package machine

import (
	"io/fs"
	"math"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
)

// Memory returns how many bytes of memory this process may use, and what limits
// it, in words: the machine, its control group or GOMEMLIMIT. ok is false if that
// is unknown.
func Memory() (bytes int64, limitedBy string, ok bool) {
	bytes, limitedBy, ok = memoryIn(os.DirFS("/"))
	if limit := debug.SetMemoryLimit(-1); limit < math.MaxInt64 && (!ok || limit < bytes) {
		return limit, "GOMEMLIMIT", true
	}
	return bytes, limitedBy, ok
}

// memoryIn reads the limits from the file system of a Linux machine.
func memoryIn(root fs.FS) (bytes int64, limitedBy string, ok bool) {
	bytes = math.MaxInt64
	take := func(n int64, what string) {
		if n > 0 && n < bytes {
			bytes, limitedBy, ok = n, what, true
		}
	}
	take(totalMemory(root), "the memory of the machine")
	for _, file := range groupFiles(root) {
		text, _ := fs.ReadFile(root, file) // "max" and a missing file are no limit
		n, _ := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
		take(n, "the memory limit of the control group")
	}
	return bytes, limitedBy, ok
}

// totalMemory returns MemTotal of /proc/meminfo, or 0.
func totalMemory(root fs.FS) int64 {
	text, _ := fs.ReadFile(root, "proc/meminfo")
	for line := range strings.Lines(string(text)) {
		if rest, is := strings.CutPrefix(line, "MemTotal:"); is {
			kib, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kib << 10
		}
	}
	return 0
}

// groupFiles returns the files that may hold a limit of this process's control
// group, or of one above it, in either version of control groups.
func groupFiles(root fs.FS) (files []string) {
	text, _ := fs.ReadFile(root, "proc/self/cgroup")
	for line := range strings.Lines(string(text)) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, group, _ := strings.Cut(rest, ":")
		folder, file := "sys/fs/cgroup", "memory.max"
		switch controllers {
		case "":
		case "memory":
			folder, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		default:
			continue
		}
		for at := path.Join("/", group); ; at = path.Dir(at) {
			files = append(files, path.Join(folder, at, file))
			if at == "/" {
				break
			}
		}
	}
	return files
}
