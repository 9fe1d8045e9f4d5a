package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/internal/machine"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/sal"
)

// The defaults of how long and how much an archive keeps.
const (
	defaultArchiveAge   = 30 * day
	defaultArchiveBytes = 50 << 30
)

// archiveFlags are the archive of a manager.
type archiveFlags struct {
	dir   string
	age   time.Duration
	bytes int64
}

func (f *archiveFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.dir, "archive", "", "`FOLDER` to record events and telemetry into, as MCAP files (default none: nothing is recorded)")
	bindEnv(fs, "archive", "LOVED_ARCHIVE")
	durationVar(fs, &f.age, "archive-age", defaultArchiveAge, "how long files of the archive are kept; 0 for ever")
	bindEnv(fs, "archive-age", "LOVED_ARCHIVE_AGE")
	f.bytes = defaultArchiveBytes
	fs.Var((*sizeFlag)(&f.bytes), "archive-bytes", "`BYTES` of the archive, such as 200 GiB, beyond which the oldest files are removed; 0 for no limit")
	bindEnv(fs, "archive-bytes", "LOVED_ARCHIVE_BYTES")
}

// minArchiveBytes is the least size with which an archive can work.
const minArchiveBytes = 64 << 20

// check refuses settings that are wrong or without effect.
func (f *archiveFlags) check() error {
	switch {
	case f.dir == "" && f.age != defaultArchiveAge:
		return fmt.Errorf("--archive-age is given without an archive: name a folder with --archive (LOVED_ARCHIVE), or leave it out")
	case f.dir == "" && f.bytes != defaultArchiveBytes:
		return fmt.Errorf("--archive-bytes is given without an archive: name a folder with --archive (LOVED_ARCHIVE), or leave it out")
	case f.age < 0 || f.age > 0 && f.age < time.Hour:
		return fmt.Errorf("--archive-age is %v: give an hour or more, such as 30d, or 0 to keep all", formatDuration(f.age))
	case f.bytes > 0 && f.bytes < minArchiveBytes:
		return fmt.Errorf("--archive-bytes is %s: give 64 MiB or more, or 0 for no limit", humanSize(int(f.bytes)))
	}
	return nil
}

// warnings returns what is probably a mistake, a sentence each.
func (f *archiveFlags) warnings() (list []string) {
	if f.dir == "" {
		return nil
	}
	free, known := f.free()
	switch {
	case f.bytes == 0 && f.age == 0:
		list = append(list, "the archive keeps everything until the disk is full, and then records nothing: give --archive-age or --archive-bytes")
	case f.bytes > 0 && known && free < f.bytes:
		list = append(list, fmt.Sprintf("--archive-bytes is %s, but the disk of %s has %d MiB left for the archive: it may become full, and then nothing is recorded; give less",
			humanSize(int(f.bytes)), f.dir, free>>20))
	}
	return list
}

// free returns how many bytes the archive has and may still write; known is false if that
// cannot be found out.
func (f *archiveFlags) free() (bytes int64, known bool) {
	dir := f.dir
	for {
		if free, ok := machine.DiskFree(dir); ok {
			return free + sizeOf(f.dir), true
		}
		up := filepath.Dir(dir)
		if up == dir {
			return 0, false
		}
		dir = up // the folder is made later
	}
}

// config returns the archive of the flags; its folder is empty if there is none.
func (f *archiveFlags) config() archive.Config {
	return archive.Config{Dir: f.dir, MaxAge: f.age, MaxBytes: f.bytes}
}

// fieldsOf returns what knows the fields of streams from SAL definitions, for the schemas
// of an archive.
func fieldsOf(d *sal.Definitions) func(love.Group) []archive.Field {
	kinds := map[love.Category]sal.Kind{love.CategoryEvent: sal.Event, love.CategoryTelemetry: sal.Telemetry}
	return func(g love.Group) (fields []archive.Field) {
		kind, ok := kinds[g.Category]
		if !ok || !d.Known(g.CSC) {
			return nil
		}
		c, err := d.Component(g.CSC)
		if err != nil {
			return nil
		}
		t, ok := c.Topic(kind.Prefix() + g.Stream)
		if !ok {
			return nil
		}
		for _, f := range t.Fields {
			fields = append(fields, archive.Field{Name: f.Name, Type: f.TypeName(), Count: f.Count, Units: f.Units, Description: f.Description})
		}
		return fields
	}
}

// sizeFlag is a flag for a number of bytes, also with a unit: 200 GiB.
type sizeFlag int64

func (s *sizeFlag) Type() string   { return "bytes" }
func (s *sizeFlag) String() string { return humanSize(int(*s)) }

func (s *sizeFlag) Set(text string) error {
	n, ok := parseSize(text)
	if !ok || n < 0 {
		return fmt.Errorf("%q is not a number of bytes such as %s or %s", text, strconv.Itoa(200<<30), humanSize(200<<30))
	}
	*s = sizeFlag(n)
	return nil
}

// sizeOf returns how many bytes the files in a folder have.
func sizeOf(dir string) (bytes int64) {
	entries, _ := os.ReadDir(dir) // none if it does not exist yet
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			bytes += info.Size()
		}
	}
	return bytes
}
