package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// checkArchive tests whether the folder of the archive can be written; it returns "" if
// there is no archive.
func (f *managerFlags) checkArchive(context.Context) (string, error) {
	dir := f.archive.dir
	if dir == "" {
		return "", nil
	}
	_, err := os.Stat(dir)
	missing := errors.Is(err, fs.ErrNotExist)
	folder := dir
	for missing { // it is made with those above it
		folder = filepath.Dir(folder)
		if _, err = os.Stat(folder); !errors.Is(err, fs.ErrNotExist) || folder == filepath.Dir(folder) {
			break
		}
	}
	probe, err := os.CreateTemp(folder, ".loved-check-*")
	if err != nil {
		return "", fmt.Errorf("%s cannot be written: give another folder with --archive, or let this user write there: %w", dir, err)
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return "", err
	}
	if missing {
		return "", warning{dir + " does not exist yet: the manager will make it"}
	}
	text := fmt.Sprintf("%d MiB in %s", sizeOf(dir)>>20, dir)
	if free, ok := f.archive.free(); ok {
		text += fmt.Sprintf(", %d MiB left on the disk", (free-sizeOf(dir))>>20)
	}
	return text, nil
}

// checkEFDs asks the EFDs what they have; it returns "" if there are none.
func (f *managerFlags) checkEFDs(ctx context.Context) (string, error) {
	var found []string
	var failed error
	for _, name := range f.efds.names() {
		streams, err := f.efds.sources[name].Streams(ctx)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s (%s): %w", name, f.efds.shown[name], err))
			continue
		}
		found = append(found, fmt.Sprintf("%s has %d topics", name, len(streams)))
	}
	return strings.Join(found, ", "), failed
}
