package archive

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
)

// stored is a closed file.
type stored struct {
	path       string
	size       int64
	start, end uint64 // the oldest and the newest message, in nanoseconds
	own        bool   // recorded since the archive was opened
}

func compareStored(a, b *stored) int { return comparePaths(a.path, b.path) }

// comparePaths compares files by day and number.
func comparePaths(a, b string) int {
	dayA, nA, _ := parsePath(a)
	dayB, nB, _ := parsePath(b)
	if dayA != dayB {
		return strings.Compare(dayA, dayB)
	}
	return nA - nB
}

// list returns the files of an archive, without the live ones, oldest first.
func list(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if _, _, ok := parsePath(path); ok && e.Type().IsRegular() {
			files = append(files, path)
		}
	}
	slices.SortFunc(files, comparePaths)
	return files, nil
}

// openStored reads what has to be known of a closed file. The error is about a file that
// is not closed, damaged, or not of this version.
func openStored(path string) (*stored, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	name, _, err := readStart(f, info.Size())
	if err != nil {
		return nil, err
	}
	if name != profile {
		return nil, fmt.Errorf("%w: its profile is %q, not %q", errForeign, name, profile)
	}
	start, end, ok := readTimes(f, info.Size())
	if !ok {
		return nil, errNotClosed
	}
	return &stored{path: path, size: info.Size(), start: start, end: end}, nil
}

var errNotClosed = errors.New("it is not closed")

// indexCache keeps the indexes of files that were read last, up to a size.
type indexCache struct {
	mu    sync.Mutex
	bytes int
	used  []cachedIndex // the one that was used last is the last
}

type cachedIndex struct {
	path  string
	bytes int
	index *index
}

// cachedBytes is how much memory the indexes of closed files may take.
const cachedBytes = 12 << 20

// load returns the index of a closed file.
func (c *indexCache) load(s *stored) (*index, error) {
	if x := c.get(s.path); x != nil {
		return x, nil
	}
	f, err := os.Open(s.path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	x, err := readIndex(f, s.size, false)
	if err != nil {
		return nil, err
	}
	c.put(s.path, x)
	return x, nil
}

func (c *indexCache) get(path string) *index {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, e := range c.used {
		if e.path == path {
			c.used = append(slices.Delete(c.used, i, i+1), e)
			return e.index
		}
	}
	return nil
}

func (c *indexCache) put(path string, x *index) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := cachedIndex{path, x.size(), x}
	if e.bytes > cachedBytes || slices.ContainsFunc(c.used, func(o cachedIndex) bool { return o.path == path }) {
		return
	}
	c.used = append(c.used, e)
	c.bytes += e.bytes
	for c.bytes > cachedBytes {
		c.bytes -= c.used[0].bytes
		c.used = slices.Delete(c.used, 0, 1)
	}
}

func (c *indexCache) remove(path string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.used = slices.DeleteFunc(c.used, func(e cachedIndex) bool {
		if e.path == path {
			c.bytes -= e.bytes
		}
		return e.path == path
	})
}

// prune removes the files that are too old or too many.
func (a *Archive) prune(now time.Time) {
	a.pruned = now
	a.leaveAge()
	if a.config.MaxAge <= 0 && a.config.MaxBytes <= 0 {
		return
	}
	total := int64(0)
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.stored {
		total += s.size
	}
	if a.part != nil {
		total += a.part.size
	}
	oldest := a.age.now.Add(-a.config.MaxAge)
	a.stored = slices.DeleteFunc(a.stored, func(s *stored) bool {
		last := timeOf(s.end)
		old := a.config.MaxAge > 0 && last.Before(oldest)
		if !old && (a.config.MaxBytes <= 0 || total <= a.config.MaxBytes) {
			return false
		}
		if err := os.Remove(s.path); err != nil && !errors.Is(err, os.ErrNotExist) {
			a.log.Warn("a file of the archive that is too old or too much cannot be removed", "file", s.path, "error", err)
			return false
		}
		a.log.Info("a file of the archive was removed", "file", s.path, "last_message", last.Format(time.RFC3339), "bytes", s.size, "too_old", old)
		total -= s.size
		a.cache.remove(s.path)
		return true
	})
}

// timeOf returns a time in nanoseconds as one in UTC.
func timeOf(nanoseconds uint64) time.Time {
	return time.Unix(0, int64(min(nanoseconds, 1<<63-1))).UTC()
}

// loggedAt returns a time in nanoseconds.
func loggedAt(t time.Time) uint64 { return uint64(max(t.UnixNano(), 0)) }

func selectsOne(group love.Group) func(love.Group) bool {
	return func(g love.Group) bool { return g == group }
}
