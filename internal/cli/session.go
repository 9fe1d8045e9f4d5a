package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// session is what a running demo saves for the client commands of the same
// user, so that they need no flags.
type session struct {
	Manager         string            `json:"manager"` // URL
	Started         time.Time         `json:"started"`
	Token           string            `json:"token"` // of a user who may do everything
	ProcessPassword string            `json:"process_password"`
	Users           map[string]string `json:"users"` // passwords by name
}

// errNoSession means that no demo of this user is running.
var errNoSession = errors.New("no `loved demo` of yours is running")

// sessionFolder returns where the demos of this user save their sessions: in the
// user's cache folder, or else in the run-time folder.
func sessionFolder(env func(string) (string, bool)) (string, error) {
	for _, place := range []struct{ variable, folder string }{
		{"XDG_CACHE_HOME", ""},
		{"HOME", ".cache"},
		{"LocalAppData", ""},
		{"XDG_RUNTIME_DIR", ""},
	} {
		if root, _ := env(place.variable); filepath.IsAbs(root) {
			return filepath.Join(root, place.folder, "loved", "demos"), nil
		}
	}
	return "", errors.New("no place for the session file: set HOME or XDG_CACHE_HOME")
}

// readSession returns the session of the demo whose manager has the URL. Without a URL
// it is that of the only demo that runs, or of the one that was started first. If there
// is none, the error is errNoSession.
func readSession(env func(string) (string, bool), manager string) (session, error) {
	all, err := readSessions(env)
	if err != nil {
		return session{}, err
	}
	if manager != "" {
		all = slices.DeleteFunc(all, func(s session) bool { return s.Manager != manager })
	}
	if len(all) > 1 { // a demo that was killed has left its session
		all = slices.DeleteFunc(all, func(s session) bool { return !s.answers() })
	}
	if len(all) == 0 {
		return session{}, errNoSession
	}
	return all[0], nil
}

// readSessions returns the sessions of all demos, the one that was started first first.
func readSessions(env func(string) (string, bool)) (all []session, err error) {
	folder, err := sessionFolder(env)
	if err != nil {
		return nil, nil // nothing can have been saved
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("looking for the sessions of `loved demo`: %w", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue // that demo has just ended
		}
		if err != nil {
			return nil, fmt.Errorf("reading the session of `loved demo`: %w", err)
		}
		var s session
		if err := json.Unmarshal(text, &s); err != nil {
			return nil, fmt.Errorf("the session file %s is broken, remove it: %w", file, err)
		}
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(a, b session) int { return a.Started.Compare(b.Started) })
	return all, nil
}

// answers reports whether something listens at the manager's address.
func (s session) answers() bool {
	conn, err := net.DialTimeout("tcp", s.address(), time.Second)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// address returns the host and the port of the manager.
func (s session) address() string {
	u, err := url.Parse(s.Manager)
	if err != nil {
		return ""
	}
	return u.Host
}

// save writes the session file, readable by its user alone, and returns a
// function that removes it, unless a later demo at the same address has replaced it.
func (s session) save(env func(string) (string, bool)) (remove func(), err error) {
	folder, err := sessionFolder(env)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(folder, strings.ReplaceAll(s.address(), ":", "_")+".json")
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
