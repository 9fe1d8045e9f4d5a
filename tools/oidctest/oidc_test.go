package oidctest

import (
	"bytes"
	"context"
	"encoding/json"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/cli"
)

// testTimeout bounds every wait of a test.
const testTimeout = 30 * time.Second

// buffer is what a program writes, which can be read meanwhile.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// await returns what a pattern finds in the text, once it does.
func (b *buffer) await(t *testing.T, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	var found []string
	require.Eventually(t, func() bool { found = re.FindStringSubmatch(b.String()); return found != nil }, testTimeout, 20*time.Millisecond, "%s in %s", pattern, b)
	return found[len(found)-1]
}

// site is a provider and a manager that relies on it.
type site struct {
	t              *testing.T
	issuer, url    string
	log            *buffer
	managerOptions []string
}

// loved runs the program until it ends or ctx does.
func loved(ctx context.Context, stdout, stderr io.Writer, args ...string) int {
	return cli.Run(ctx, append([]string{"loved"}, args...), []string{"HOME=" + os.TempDir()}, strings.NewReader(""), stdout, stderr)
}

func startSite(t *testing.T, options ...string) *site {
	t.Helper()
	s := &site{t: t, log: &buffer{}}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := free.Addr().String()
	s.url = "http://" + address
	s.issuer = startProvider(t, s.url+"/manager/api/oidc/callback")
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte(clientSecret+"\n"), 0o600))
	s.managerOptions = append([]string{
		"--listen", address, "--database", "sqlite::memory:", "--process-password", "correct horse battery", "--admin-password", "a password of admin's",
		"--oidc-issuer", s.issuer, "--oidc-client-id", clientID, "--oidc-client-secret-file", secret, "--oidc-public-url", s.url, "--oidc-name", "the site",
		"--oidc-group", "operators=cmd", "--oidc-insecure",
		"--trust-issuer", s.issuer, "--trust-name-claim", "sub", "--trust-group", "machines=cmd",
	}, options...)
	require.NoError(t, free.Close())
	ctx, cancel := context.WithCancel(context.Background())
	var stdout buffer
	var running sync.WaitGroup
	running.Go(func() { loved(ctx, &stdout, s.log, append([]string{"manager"}, s.managerOptions...)...) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
		require.NotContains(t, s.log.String(), clientSecret)
	})
	stdout.await(t, `LOVE manager at (\S+)`)
	return s
}

// person is somebody with a browser.
type person struct {
	*site
	http.Client
}

func (s *site) person() *person {
	jar, err := cookiejar.New(nil)
	require.NoError(s.t, err)
	return &person{s, http.Client{Jar: jar, Timeout: testTimeout}}
}

// read returns an answer and where it is of.
func (p *person) read(got *http.Response, err error) (body string, at *url.URL, status int) {
	p.t.Helper()
	require.NoError(p.t, err)
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	require.NoError(p.t, err)
	return string(text), got.Request.URL, got.StatusCode
}

var hidden = regexp.MustCompile(`name="id" value="([^"]+)"`)

// signIn goes to the provider by an address, gives name and password, and follows where
// that leads.
func (p *person) signIn(address, name, password string) (body string, at *url.URL, status int) {
	p.t.Helper()
	form, _, status := p.read(p.Get(address))
	require.Equal(p.t, 200, status, form)
	id := hidden.FindStringSubmatch(form)
	require.NotNil(p.t, id, form)
	return p.read(p.PostForm(p.issuer+"/login/username", url.Values{"id": {html.UnescapeString(id[1])}, "username": {name}, "password": {password}}))
}

// call makes a request of the API.
func (s *site) call(method, path, token string) (status int, body string) {
	s.t.Helper()
	r, err := http.NewRequest(method, s.url+"/manager/api/"+path, nil)
	require.NoError(s.t, err)
	if token != "" {
		r.Header.Set("Authorization", token)
	}
	got, err := http.DefaultClient.Do(r)
	require.NoError(s.t, err)
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	require.NoError(s.t, err)
	return got.StatusCode, string(text)
}

func TestAPersonSignsInOnThePage(t *testing.T) {
	s := startSite(t)
	for name, mayCommand := range map[string]bool{"ada": true, "eve": false} {
		p := s.person()
		_, at, status := p.signIn(s.url+"/manager/api/oidc/login?next=%2F", name, name+"'s secret")
		require.Equal(t, 200, status)
		require.Equal(t, s.url+"/?signin=done", at.String())
		body, _, status := p.read(p.Post(s.url+"/manager/api/oidc/token/", "application/json", strings.NewReader("{}")))
		require.Equal(t, 200, status, body)
		var session struct {
			User        struct{ Username string }
			Token       string
			Permissions struct {
				Commands bool `json:"execute_commands"`
			}
		}
		require.NoError(t, json.Unmarshal([]byte(body), &session))
		require.Equal(t, name, session.User.Username)
		require.Equal(t, mayCommand, session.Permissions.Commands)
		status, _ = s.call("GET", "validate-token/", "Token "+session.Token)
		require.Equal(t, 200, status)
		status, _ = s.call("DELETE", "logout/", "Token "+session.Token)
		require.Equal(t, 204, status)
	}
}

func TestAPersonWithTheNameOfALocalUserIsRefused(t *testing.T) {
	s := startSite(t)
	body, _, status := s.person().signIn(s.url+"/manager/api/oidc/login", "admin", "not our admin")
	require.Equal(t, 403, status)
	require.Contains(t, body, "The account admin of this manager is not yours")
}

func TestAPersonGetsATokenWithACode(t *testing.T) {
	s := startSite(t)
	var stdout, stderr buffer
	ended := make(chan int, 1)
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	go func() { ended <- loved(ctx, &stdout, &stderr, "token", "--oidc", "--manager", s.url) }()
	code := stderr.await(t, `enter the code\s+(\S+)\s+within`)
	where := stderr.await(t, `Open (http://\S+) in any browser`)
	require.Equal(t, s.issuer+"/device", where)

	p := s.person()
	body, _, _ := p.read(p.PostForm(where+"/login", url.Values{"user_code": {code}, "username": {"ada"}, "password": {"ada's secret"}}))
	require.Contains(t, body, "ada")
	_, _, status := p.read(p.Get(where + "/confirm?action=allowed"))
	require.Equal(t, 200, status)
	require.Equal(t, 0, <-ended, stderr.String())
	require.Contains(t, stderr.String(), "Signed in as ")
	status, body = s.call("GET", "validate-token/", "Token "+strings.TrimSpace(stdout.String()))
	require.Equal(t, 200, status, body)
}

func TestAMachineCallsWithATokenOfTheIssuer(t *testing.T) {
	s := startSite(t)
	r, err := http.NewRequest("POST", s.issuer+"/oauth/token", strings.NewReader("grant_type=client_credentials&scope=openid"))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(machine, url.QueryEscape("the secret of the machine"))
	body, _, status := s.person().read(http.DefaultClient.Do(r))
	require.Equal(t, 200, status, body)
	var got struct {
		Token string `json:"access_token"`
	}
	require.NoError(t, json.Unmarshal([]byte(body), &got))
	status, body = s.call("GET", "validate-token/no_config/", "Bearer "+got.Token)
	require.Equal(t, 200, status, body)
	require.Contains(t, body, `"username":"weather-station"`)
	require.Contains(t, body, `"execute_commands":true`)
	status, _ = s.call("GET", "validate-token/", "Bearer "+got.Token[:len(got.Token)-8]+"AAAAAAAA")
	require.Equal(t, 401, status)
}

func TestTheCheckAsksTheProvider(t *testing.T) {
	s := startSite(t)
	var stdout, stderr buffer
	loved(t.Context(), &stdout, &stderr, append([]string{"check"}, s.managerOptions...)...)
	require.Contains(t, stdout.String(), "ok       OpenID provider: "+s.issuer+" answers and has keys; it must allow "+s.url+"/manager/api/oidc/callback for the client "+clientID)
	require.Contains(t, stdout.String(), "ok       trusted issuers: 1 answer and have keys")
	ready, _, status := s.person().read(http.Get(s.url + "/readyz"))
	require.Equal(t, 200, status)
	require.Contains(t, ready, "sign-in by the site: ok\ntrusted issuer localhost: ok\n")
}
