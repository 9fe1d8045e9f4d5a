package bench

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// usage is what a process has used so far.
type usage struct {
	cpu time.Duration
	rss int64 // bytes in memory now
}

// clockTick is the unit of CPU time in /proc, the same on all architectures of
// Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// usageOf reads what a process of this machine has used, from /proc.
func usageOf(pid int) (usage, error) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return usage{}, fmt.Errorf("read the manager's use of CPU and memory, which works only on its own machine under Linux: %w", err)
	}
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return usage{}, err
	}
	return parseUsage(stat, status)
}

// parseUsage reads the files stat and status of a process (proc(5)).
func parseUsage(stat, status []byte) (u usage, err error) {
	// The second field is the command's name in parentheses, which may hold
	// anything; the 14th and 15th are ticks in user and in system mode.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return u, fmt.Errorf("/proc/…/stat has %d fields behind the name, fewer than 13", len(fields))
	}
	for _, f := range fields[11:13] {
		ticks, err := strconv.ParseInt(string(f), 10, 64)
		if err != nil {
			return u, fmt.Errorf("/proc/…/stat: %w", err)
		}
		u.cpu += time.Duration(ticks) * clockTick
	}
	_, rest, found := bytes.Cut(status, []byte("VmRSS:"))
	words := bytes.Fields(rest)
	if !found || len(words) == 0 {
		return u, nil // a process that has ended
	}
	kilobytes, err := strconv.ParseInt(string(words[0]), 10, 64)
	if err != nil {
		return u, fmt.Errorf("/proc/…/status: %w", err)
	}
	u.rss = kilobytes << 10
	return u, nil
}

// Usage is what a process used while it was measured.
type Usage struct {
	CPU  time.Duration
	Wall time.Duration
	RSS  int64 // bytes at the end
}

// Share returns the CPU time as a share of one core.
func (u Usage) Share() float64 {
	if u.Wall == 0 {
		return 0
	}
	return float64(u.CPU) / float64(u.Wall)
}

// startUsage starts measuring a process; the returned function returns what it
// has used since, which is nothing for pid 0.
func startUsage(pid int) (used func() (Usage, error), err error) {
	if pid == 0 {
		return func() (Usage, error) { return Usage{}, nil }, nil
	}
	before, err := usageOf(pid)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	return func() (Usage, error) {
		after, err := usageOf(pid)
		return Usage{CPU: after.cpu - before.cpu, Wall: time.Since(start), RSS: after.rss}, err
	}, nil
}

// startOwnUsage measures this process; where that is impossible, the usage is zero.
func startOwnUsage() (used func() (Usage, error)) {
	used, err := startUsage(os.Getpid())
	if err != nil {
		return func() (Usage, error) { return Usage{}, nil }
	}
	return used
}
