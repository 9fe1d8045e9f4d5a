package cli

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/stretchr/testify/require"
)

func TestAManagerSpeaksTLSAndTakesANewCertificateWithoutARestart(t *testing.T) {
	u := newUser(t)
	cert, key := filepath.Join(u.env["HOME"], "cert.pem"), filepath.Join(u.env["HOME"], "key.pem")
	trusted := writeCertificate(t, cert, key, "old.example")
	u.env["LOVED_TLS_CERT"], u.env["LOVED_TLS_KEY"] = cert, key
	p, url := u.startManager("--listen", "127.0.0.1:"+freePort(t))
	require.Regexp(t, `^https://127`, url)
	require.Contains(t, p.errors.String(), `msg=TLS certificate="CN=old.example"`)
	address := strings.TrimPrefix(url, "https://")

	dialer := ws.Dialer{TLSConfig: &tls.Config{RootCAs: trusted, ServerName: "old.example"}}
	conn, _, _, err := dialer.Dial(t.Context(), "wss://"+address+"/manager/ws/subscription?password=a%20good%20long%20one")
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(testTimeout)))
	require.NoError(t, wsutil.WriteClientText(conn, []byte(`{"option":"subscribe","category":"event","csc":"A","salindex":"0","stream":"s"}`)))
	answer, err := wsutil.ReadServerText(conn)
	require.NoError(t, err)
	require.Contains(t, string(answer), "Successfully subscribed")
	for range 50 { // frames of a size that TLS has to split
		require.NoError(t, wsutil.WriteClientText(conn, []byte(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":"`+strings.Repeat("x", 100_000)+`"}}]}`)))
		answer, err := wsutil.ReadServerText(conn)
		require.NoError(t, err)
		require.Greater(t, len(answer), 100_000)
	}

	u.env["LOVED_LISTEN"] = address
	require.Regexp(t, "^ready\n", u.mustRun("", "check", "--running"))
	require.Regexp(t, `(?m)^warning +TLS: a certificate for old.example, 127.0.0.1 until `, u.run("check").out)

	trusted = writeCertificate(t, cert, key, "new.example")
	require.Eventually(t, func() bool {
		c, err := tls.Dial("tcp", address, &tls.Config{RootCAs: trusted, ServerName: "new.example"})
		if err != nil {
			return false
		}
		return c.Close() == nil
	}, testTimeout, 100*time.Millisecond)
	p.waitForError(`the certificate was replaced`)
	require.NoError(t, wsutil.WriteClientText(conn, []byte(`{"option":"unsubscribe","category":"event","csc":"A","salindex":"0","stream":"s"}`)), "open connections stay")
	_, err = wsutil.ReadServerText(conn)
	require.NoError(t, err)
}

func TestACertificateThatCannotBeUsedIsRefusedAtTheStart(t *testing.T) {
	u := newUser(t)
	u.env["PROCESS_CONNECTION_PASS"] = "a-good-long-one"
	require.Contains(t, u.mustFail(exitUsage, "", "manager", "--tls-cert", "x"), "--tls-cert is given without its key: add --tls-key")
	require.Contains(t, u.mustFail(exitUsage, "", "manager", "--tls-key", "x"), "--tls-key is given without a certificate")
	require.Contains(t, u.mustFail(exitFailure, "", "manager", "--tls-cert", "/nowhere/c", "--tls-key", "/nowhere/k"), "--tls-cert, --tls-key: open /nowhere/c")
	require.Regexp(t, `(?m)^FAILED +TLS: --tls-cert, --tls-key: open /nowhere/c`, u.run("check", "--tls-cert", "/nowhere/c", "--tls-key", "/nowhere/k").out)
}

func TestCheckKnowsTheTimesAndNamesOfACertificate(t *testing.T) {
	now := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	good := x509.Certificate{Subject: pkix.Name{CommonName: "a"}, DNSNames: []string{"love.example"}, IPAddresses: []net.IP{net.IPv4(10, 0, 0, 1)}, NotBefore: now.Add(-day), NotAfter: now.Add(90 * day)}
	found, err := certificateAt(&good, now)
	require.NoError(t, err)
	require.Equal(t, "a certificate for love.example, 10.0.0.1 until 2026-06-12", found)
	for want, at := range map[string]time.Time{
		"put a new one into the files of --tls-cert and --tls-key soon": now.Add(80 * day),
		"which is over":                  now.Add(91 * day),
		"see whether the clock is right": now.Add(-2 * day),
	} {
		_, err := certificateAt(&good, at)
		require.ErrorContains(t, err, want)
	}
	good.DNSNames, good.IPAddresses = nil, nil
	_, err = certificateAt(&good, now)
	require.ErrorContains(t, err, "has no name of a host")
}
