package certificate_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/certificate"
	"github.com/rubin-love/love-go/internal/testlog"
)

// pair makes a certificate with its key.
func pair(t *testing.T, name string) (cert, key []byte) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	require.NoError(t, err)
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})
}

// files are those of a server, and a clock.
type files struct {
	t         *testing.T
	cert, key string
	log       testlog.Buffer
	now       time.Time
	writes    int
}

func newFiles(t *testing.T) *files {
	dir := t.TempDir()
	return &files{t: t, cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem"), now: time.Now()}
}

// write writes a file, with a time of its own however coarse the file system's clock is.
func (f *files) write(path string, text []byte) {
	require.NoError(f.t, os.WriteFile(path, text, 0o600))
	f.writes++
	at := time.Unix(1_700_000_000+int64(f.writes), 0)
	require.NoError(f.t, os.Chtimes(path, at, at))
}

func (f *files) open() (*certificate.Files, error) {
	return certificate.Open(f.cert, f.key, slog.New(slog.NewTextHandler(&f.log, nil)), func() time.Time { return f.now })
}

func TestACertificateIsReadAgainWhenItsFilesChange(t *testing.T) {
	f := newFiles(t)
	cert, key := pair(t, "old.example")
	f.write(f.cert, cert)
	f.write(f.key, key)
	c, err := f.open()
	require.NoError(t, err)
	shown := func() string {
		got, err := c.Config().GetCertificate(&tls.ClientHelloInfo{})
		require.NoError(t, err)
		return got.Leaf.Subject.CommonName
	}
	require.Equal(t, "old.example", shown())

	cert, key = pair(t, "new.example")
	f.write(f.cert, cert)
	f.now = f.now.Add(time.Second)
	require.Equal(t, "old.example", shown(), "the key is not there yet")
	require.Empty(t, f.log.String())
	f.write(f.key, key)
	require.Equal(t, "old.example", shown(), "it is not looked at for each connection")
	f.now = f.now.Add(time.Second)
	require.Equal(t, "new.example", shown())
	require.Contains(t, f.log.String(), `level=INFO msg="the certificate was replaced" subject="CN=new.example"`)
	require.Equal(t, "new.example", c.Leaf().Subject.CommonName)

	for _, broken := range []func(){
		func() { f.write(f.cert, []byte("not a certificate")) },
		func() { require.NoError(t, os.Remove(f.key)) },
	} {
		before := len(f.log.String())
		broken()
		for range 3 {
			f.now = f.now.Add(time.Second)
			require.Equal(t, "new.example", shown())
		}
		added := f.log.String()[before:]
		require.Regexp(t, `^time=\S+ level=ERROR msg="the certificate has changed and cannot be used: the one before stays in use" error=".*\n$`, added, "once")
	}
	f.write(f.cert, cert)
	f.write(f.key, key)
	f.now = f.now.Add(time.Hour)
	require.Equal(t, "new.example", shown())
}

func TestWhatIsNoCertificateIsRefusedWithItsFile(t *testing.T) {
	f := newFiles(t)
	_, err := f.open()
	require.ErrorContains(t, err, f.cert+": no such file")
	cert, key := pair(t, "a.example")
	_, other := pair(t, "b.example")
	f.write(f.cert, cert)
	_, err = f.open()
	require.ErrorContains(t, err, f.key+": no such file")
	f.write(f.key, other)
	_, err = f.open()
	require.ErrorContains(t, err, f.cert+" with "+f.key+": tls: private key does not match public key")
	f.write(f.key, key)
	f.write(f.cert, key)
	_, err = f.open()
	require.ErrorContains(t, err, f.cert)
}

func TestOldTLSIsRefused(t *testing.T) {
	f := newFiles(t)
	cert, key := pair(t, "a.example")
	f.write(f.cert, cert)
	f.write(f.key, key)
	c, err := f.open()
	require.NoError(t, err)
	require.EqualValues(t, tls.VersionTLS12, c.Config().MinVersion)
}
