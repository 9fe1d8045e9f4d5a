package store

import (
	"errors"
	"fmt"
	"os"
)

// file identifies the file in which a SQLite database was opened; the zero value
// means that there is none.
type file struct {
	path string
	info os.FileInfo
}

func fileAt(path string) (file, error) {
	if path == "" {
		return file{}, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return file{}, fmt.Errorf("the database file cannot be opened: %w", err)
	}
	return file{path, info}, nil
}

// checkFile returns an error if the database file is not the one that was opened: a
// file that was removed or replaced can still be read and written, but everything
// written is lost.
func (s *Store) checkFile() error {
	if s.file.path == "" {
		return nil
	}
	now, err := os.Stat(s.file.path)
	if err != nil {
		return unavailable(err)
	}
	if !os.SameFile(now, s.file.info) {
		return unavailable(errors.New("its file was replaced while the manager was running: restart the manager"))
	}
	return nil
}
