package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// session is what a running demo saves for the client commands of the same
// user, so that they need no flags.
type session struct {
	Manager         string            `json:"manager"` // URL
	Token           string            `json:"token"`   // of a user who may do everything
	ProcessPassword string            `json:"process_password"`
	Users           map[string]string `json:"users"` // passwords by name
}

// errNoSession means that no demo of this user is running.
var errNoSession = errors.New("no `loved demo` of yours is running")

// sessionPath returns where the demo of this user saves its session: in the user's
// cache folder, or else in the run-time folder.
func sessionPath(env func(string) (string, bool)) (string, error) {
	for _, place := range []struct{ variable, folder string }{
		{"XDG_CACHE_HOME", ""},
		{"HOME", ".cache"},
		{"LocalAppData", ""},
		{"XDG_RUNTIME_DIR", ""},
	} {
		if root, _ := env(place.variable); filepath.IsAbs(root) {
			return filepath.Join(root, place.folder, "loved", "demo-session.json"), nil
		}
	}
	return "", errors.New("no place for the session file: set HOME or XDG_CACHE_HOME")
}

// readSession returns the session of a running demo, or errNoSession.
func readSession(env func(string) (string, bool)) (session, error) {
	path, err := sessionPath(env)
	if err != nil {
		return session{}, errNoSession
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return session{}, errNoSession
	}
	if err != nil {
		return session{}, fmt.Errorf("reading the session of `loved demo`: %w", err)
	}
	var s session
	if err := json.Unmarshal(text, &s); err != nil {
		return session{}, fmt.Errorf("the session file %s is broken, remove it: %w", path, err)
	}
	return s, nil
}

// save writes the session file, readable by its user alone, and returns a
// function that removes it, unless a later demo has replaced it.
func (s session) save(env func(string) (string, bool)) (remove func(), err error) {
	path, err := sessionPath(env)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	if err := writePrivateFile(path, text); err != nil {
		return nil, fmt.Errorf("writing the session file for the client commands: %w", err)
	}
	return func() {
		if now, err := os.ReadFile(path); err == nil && bytes.Equal(now, text) {
			os.Remove(path)
		}
	}, nil
}

// writePrivateFile replaces a file in one step; nobody else can read it at any
// time, whatever mode an older file had.
func writePrivateFile(path string, text []byte) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, "session-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Close()); err != nil {
		os.Remove(f.Name())
		return err
	}
	return os.Rename(f.Name(), path)
}
