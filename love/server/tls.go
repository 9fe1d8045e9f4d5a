package server

import (
	"crypto/tls"
	"crypto/x509"
	"time"
)

// certificateExpiry returns what tells when the certificate of a server ends, for metrics;
// nil without TLS. The time is zero if that is not known.
func certificateExpiry(c *tls.Config) func() time.Time {
	if c == nil {
		return nil
	}
	return func() time.Time {
		leaf := leafOf(c)
		if leaf == nil {
			return time.Time{}
		}
		return leaf.NotAfter
	}
}

// leafOf returns the certificate that a server would show now, nil if it cannot be had.
func leafOf(c *tls.Config) *x509.Certificate {
	if c.GetCertificate != nil {
		if found, err := c.GetCertificate(&tls.ClientHelloInfo{}); err == nil && found != nil {
			return found.Leaf
		}
	}
	if len(c.Certificates) > 0 {
		return c.Certificates[0].Leaf
	}
	return nil
}
