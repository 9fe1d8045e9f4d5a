package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// certificateWarning is how long before a certificate ends the warning begins.
const certificateWarning = 14 * day

// checkTLS reads the certificate; it returns "" if there is none.
func (f *managerFlags) checkTLS(context.Context) (string, error) {
	files, err := f.tls.open(slog.New(slog.DiscardHandler))
	if err != nil || files == nil {
		return "", err
	}
	return certificateAt(files.Leaf(), time.Now())
}

// certificateAt returns what a certificate is for, and what is wrong with its times.
func certificateAt(c *x509.Certificate, now time.Time) (string, error) {
	names := append([]string{}, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	text := fmt.Sprintf("a certificate for %s until %s", strings.Join(names, ", "), c.NotAfter.UTC().Format(time.DateOnly))
	switch {
	case len(names) == 0:
		return "", errors.New("the certificate has no name of a host: browsers refuse it; get one for the name that clients use")
	case now.After(c.NotAfter):
		return "", fmt.Errorf("%s, which is over: put a new one into the files of --tls-cert and --tls-key", text)
	case now.Before(c.NotBefore):
		return "", fmt.Errorf("the certificate is valid from %s: see whether the clock is right", c.NotBefore.UTC().Format(time.RFC3339))
	case c.NotAfter.Sub(now) < certificateWarning:
		return "", warning{text + ": put a new one into the files of --tls-cert and --tls-key soon"}
	}
	return text, nil
}
