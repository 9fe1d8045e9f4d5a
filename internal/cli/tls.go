package cli

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/internal/certificate"
)

// tlsFlags are the certificate with which a manager speaks TLS itself.
type tlsFlags struct{ cert, key string }

func (f *tlsFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.cert, "tls-cert", "", "`FILE` with a certificate in PEM, and those that lead to its authority, to speak TLS without a proxy (default none)")
	bindEnv(fs, "tls-cert", "LOVED_TLS_CERT")
	fs.StringVar(&f.key, "tls-key", "", "`FILE` with its key; both files are read again when they change")
	bindEnv(fs, "tls-key", "LOVED_TLS_KEY")
}

// check refuses one file without the other.
func (f *tlsFlags) check() error {
	switch {
	case f.cert != "" && f.key == "":
		return errors.New("--tls-cert is given without its key: add --tls-key (LOVED_TLS_KEY)")
	case f.cert == "" && f.key != "":
		return errors.New("--tls-key is given without a certificate: add --tls-cert (LOVED_TLS_CERT)")
	}
	return nil
}

// open reads the files; it returns nil if there are none.
func (f *tlsFlags) open(log *slog.Logger) (*certificate.Files, error) {
	if f.cert == "" {
		return nil, nil
	}
	files, err := certificate.Open(f.cert, f.key, log, time.Now)
	if err != nil {
		return nil, fmt.Errorf("--tls-cert, --tls-key: %w", err)
	}
	return files, nil
}

// config returns the settings of the server, nil without TLS.
func (f *tlsFlags) config(log *slog.Logger) (*tls.Config, error) {
	files, err := f.open(log)
	if err != nil || files == nil {
		return nil, err
	}
	leaf := files.Leaf()
	log.Info("TLS", "certificate", leaf.Subject.String(), "names", leaf.DNSNames, "until", leaf.NotAfter)
	return files.Config(), nil
}
