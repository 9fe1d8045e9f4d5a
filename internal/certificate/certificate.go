// Package certificate has the certificate of a server in two files, and reads them again
// when they change, so that a new one needs no restart.
package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// lookAfter is how often the files are looked at, at most.
const lookAfter = time.Second

// Files is a certificate with its key. It is safe for concurrent use.
type Files struct {
	cert, key string
	log       *slog.Logger
	now       func() time.Time

	mu      sync.Mutex
	current *tls.Certificate
	seen    [2]stamp  // of what was read last, or could not be
	failed  [2]stamp  // of what could not be read once
	looked  time.Time // when the files were looked at
}

// stamp tells versions of a file apart.
type stamp struct {
	size int64
	time time.Time
}

// Open reads a certificate, followed by those that lead to its authority, and its key from
// files in PEM. log gets a line when they are replaced, or cannot be read any more; then the
// last one stays in use. now gives the time.
func Open(cert, key string, log *slog.Logger, now func() time.Time) (*Files, error) {
	f := &Files{cert: cert, key: key, log: log, now: now}
	f.seen, f.looked = f.stamps(), now()
	c, err := f.read()
	if err != nil {
		return nil, err
	}
	f.current = c
	return f, nil
}

// Config returns the settings of a server with the certificate.
func (f *Files) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return f.certificate(), nil }}
}

// Leaf returns the certificate that is in use now.
func (f *Files) Leaf() *x509.Certificate { return f.certificate().Leaf }

// certificate returns the one in use, after a look whether there is a newer one.
func (f *Files) certificate() *tls.Certificate {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	if since := now.Sub(f.looked); since >= 0 && since < lookAfter {
		return f.current
	}
	f.looked = now
	seen := f.stamps()
	if seen == f.seen {
		return f.current
	}
	c, err := f.read()
	switch {
	case err != nil && f.failed != seen:
		f.failed = seen // they may just be being written: look once more
		return f.current
	case err != nil:
		f.log.Error("the certificate has changed and cannot be used: the one before stays in use", "error", err, "until", f.current.Leaf.NotAfter)
	default:
		f.current = c
		f.log.Info("the certificate was replaced", "subject", c.Leaf.Subject.String(), "until", c.Leaf.NotAfter)
	}
	f.seen = seen
	return f.current
}

func (f *Files) stamps() (both [2]stamp) {
	for i, path := range []string{f.cert, f.key} {
		if info, err := os.Stat(path); err == nil {
			both[i] = stamp{info.Size(), info.ModTime()}
		}
	}
	return both
}

// read reads both files. The error names the one that is wrong.
func (f *Files) read() (*tls.Certificate, error) {
	cert, err := os.ReadFile(f.cert)
	if err != nil {
		return nil, err
	}
	key, err := os.ReadFile(f.key)
	if err != nil {
		return nil, err
	}
	c, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("%s with %s: %w", f.cert, f.key, err)
	}
	if c.Leaf == nil {
		return nil, errors.New(f.cert + " has no certificate")
	}
	return &c, nil
}
