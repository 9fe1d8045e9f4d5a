package cli

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/stretchr/testify/require"
)

// writeCertificate makes a certificate for a name, and returns the pool that trusts it.
func writeCertificate(t *testing.T, certFile, keyFile string, names ...string) *x509.CertPool {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
	require.NoError(t, os.WriteFile(certFile, certificate, 0o600))
	require.NoError(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}), 0o600))
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(certificate))
	return pool
}

// freePort returns a port that nobody listens at.
func freePort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return port
}

// nginx is an nginx in front of a manager, from the example.
type nginx struct {
	dir, https, http string // the folder, and the ports
	trusted          *x509.CertPool
}

// startNginx starts an nginx with a site, whose ports, certificates and log are replaced by
// the test's own.
func startNginx(t *testing.T, site string) *nginx {
	program := os.Getenv("LOVE_TEST_NGINX")
	if program == "" {
		t.Skip("LOVE_TEST_NGINX names no nginx")
	}
	n := &nginx{dir: t.TempDir(), https: freePort(t), http: freePort(t)}
	cert, key := filepath.Join(n.dir, "love.pem"), filepath.Join(n.dir, "love.key")
	n.trusted = writeCertificate(t, cert, key, "love.example.org")
	site = strings.NewReplacer(
		"listen 80;", "listen 127.0.0.1:"+n.http+";", "listen 443 ssl;", "listen 127.0.0.1:"+n.https+" ssl;",
		"listen [::]:80;", "", "listen [::]:443 ssl;", "",
		"/etc/ssl/love.pem", cert, "/etc/ssl/private/love.key", key, "/var/log/nginx", n.dir,
	).Replace(site)
	main := "daemon off; worker_processes 1; pid " + n.dir + "/pid; error_log " + n.dir + "/error.log;\n" +
		"events { worker_connections 256; }\nhttp {\n"
	if os.Geteuid() == 0 {
		main = "user root;\n" + main
	}
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		main += kind + "_temp_path " + n.dir + "/" + kind + ";\n"
	}
	file := filepath.Join(n.dir, "nginx.conf")
	require.NoError(t, os.WriteFile(file, []byte(main+site+"}\n"), 0o600))
	out, err := exec.CommandContext(t.Context(), program, "-t", "-c", file, "-e", n.dir+"/error.log").CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NotContains(t, string(out), "[warn]")

	running := exec.Command(program, "-c", file, "-e", n.dir+"/error.log")
	require.NoError(t, running.Start())
	t.Cleanup(func() {
		require.NoError(t, running.Process.Signal(os.Interrupt))
		_ = running.Wait()
	})
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+n.https)
		if err != nil {
			return false
		}
		return c.Close() == nil
	}, testTimeout, 20*time.Millisecond, "nginx does not listen")
	return n
}

// get requests a path through the proxy, and returns the answer with its body.
func (n *nginx) get(t *testing.T, path string) (*http.Response, string) {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: n.trusted, ServerName: "love.example.org"}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://127.0.0.1:"+n.https+path, nil)
	require.NoError(t, err)
	request.Host = "love.example.org"
	response, err := transport.RoundTrip(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(body)
}

func TestARealNginxInFrontOfAManagerPassesWebsocketsAndAddresses(t *testing.T) {
	u := newUser(t)
	port := freePort(t)
	u.env["LOVED_LISTEN"], u.env["URL_SUBPATH"] = "127.0.0.1:"+port, "love"
	n := startNginx(t, u.mustRun("", "example", "nginx"))
	u.startManager("--listen", "127.0.0.1:"+port, "--trusted-proxies", "127.0.0.1", "--url-prefix", "love")
	u.env["LOVED_PASSWORD"] = "admin's"
	token := strings.TrimSpace(u.mustRun("", "token", "admin", "--manager", "http://127.0.0.1:"+port+"/love"))

	dialer := ws.Dialer{
		TLSConfig: &tls.Config{RootCAs: n.trusted, ServerName: "love.example.org"},
		NetDial:   (&net.Dialer{}).DialContext,
	}
	conn, _, _, err := dialer.Dial(t.Context(), "wss://127.0.0.1:"+n.https+"/love/manager/ws/subscription?token="+token)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, wsutil.WriteClientText(conn, []byte(`{"option":"subscribe","category":"event","csc":"ATDome","salindex":"0","stream":"summaryState"}`)))
	require.NoError(t, conn.SetDeadline(time.Now().Add(testTimeout)))
	answer, err := wsutil.ReadServerText(conn)
	require.NoError(t, err)
	require.Contains(t, string(answer), "Successfully subscribed to event-ATDome-0-summaryState")

	response, _ := n.get(t, "/love/")
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.NotEmpty(t, response.Header.Get("Strict-Transport-Security"))
	for _, path := range []string{"/metrics", "/readyz"} {
		response, _ = n.get(t, path)
		require.Equal(t, http.StatusNotFound, response.StatusCode, path)
	}
	plain, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(must(http.NewRequest("GET", "http://127.0.0.1:"+n.http+"/love/?a=b", nil)))
	require.NoError(t, err)
	require.NoError(t, plain.Body.Close())
	require.Equal(t, http.StatusMovedPermanently, plain.StatusCode)
	require.Equal(t, "https://127.0.0.1/love/?a=b", plain.Header.Get("Location"))

	require.NoError(t, conn.Close())
	require.Eventually(t, func() bool {
		log, err := os.ReadFile(filepath.Join(n.dir, "love.log"))
		require.NoError(t, err)
		require.NotContains(t, string(log), token)
		return strings.Contains(string(log), "GET /love/manager/ws/subscription 101")
	}, testTimeout, 20*time.Millisecond)
}

// A command takes as long as its component needs: the proxy must not end it before the manager does.
func TestARealNginxWaitsForAnAnswerOfTheAPI(t *testing.T) {
	slow := http.NewServeMux()
	slow.HandleFunc("/manager/api/", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(2 * time.Second) // twice the timeout of everything else
		_, _ = io.WriteString(w, "done")
	})
	backend := httptest.NewServer(slow)
	t.Cleanup(backend.Close)
	u := newUser(t)
	site := u.mustRun("", "example", "nginx", "--listen", backend.Listener.Addr().String(), "--ping", "1m", "--command-timeout", "2m")
	require.Contains(t, site, "proxy_read_timeout 180s;")
	require.Contains(t, site, "proxy_read_timeout 3720s;")
	n := startNginx(t, strings.NewReplacer("_timeout 180s", "_timeout 1s").Replace(site))
	response, body := n.get(t, "/manager/api/cmd/")
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, "done", body)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
