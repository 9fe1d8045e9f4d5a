package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

const (
	managerPath = "/manager"
	socketPath  = managerPath + "/ws/subscription"
)

// address is the URLs of a manager, without credentials.
type address struct {
	socket url.URL // of the websocket; ws or wss
	site   url.URL // http or https; "/manager/api/…" is appended to its path
}

// parseAddress parses the URL of a manager (see [New]). An error never repeats
// the URL, because it may contain a password.
func parseAddress(s string) (address, error) {
	if !strings.Contains(s, "://") {
		s = "ws://" + s
	}
	u, err := url.Parse(s)
	if err != nil {
		return address{}, errors.New("the manager's URL cannot be parsed: give, for example, http://localhost:8000")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return address{}, errors.New("the manager's URL must not contain a user or a query: give the token or password separately")
	}
	if err := checkHost(u); err != nil {
		return address{}, err
	}
	secure := u.Scheme == "https" || u.Scheme == "wss"
	path := strings.TrimRight(u.Path, "/")
	switch u.Scheme {
	case "http", "https":
		if !strings.HasSuffix(path, "/ws/subscription") {
			path = strings.TrimSuffix(path, managerPath) + socketPath
		}
	case "ws", "wss":
		if path == "" {
			path = socketPath
		}
	default:
		return address{}, fmt.Errorf("the manager's URL begins with %q: use http, https, ws or wss", u.Scheme)
	}
	prefix := ""
	if i := strings.LastIndex(path, managerPath); i >= 0 {
		prefix = path[:i]
	}
	a := address{
		socket: url.URL{Scheme: "ws", Host: u.Host, Path: path},
		site:   url.URL{Scheme: "http", Host: u.Host, Path: prefix},
	}
	if secure {
		a.socket.Scheme, a.site.Scheme = "wss", "https"
	}
	return a, nil
}

// SocketURL returns the URL of a manager's websocket, without credentials, for
// programs that implement the protocol themselves; manager is as for [New].
func SocketURL(manager string) (*url.URL, error) {
	a, err := parseAddress(manager)
	return &a.socket, err
}

// APIURL returns the URL of a path of a manager's HTTP API, such as "/cmd/" for
// …/manager/api/cmd/; manager is as for [New].
func APIURL(manager, path string) (string, error) {
	a, err := parseAddress(manager)
	if err != nil {
		return "", err
	}
	return a.api(path), nil
}

// handshakeRequest returns the request for the websocket with the credentials, as one of
// http or https. Its URL must not be logged.
func (a address) handshakeRequest(ctx context.Context, c *config) (*http.Request, error) {
	q := url.Values{}
	if c.token != "" {
		q.Set("token", c.token)
	}
	if c.password != "" {
		q.Set("password", c.password)
	}
	if c.strict {
		q.Set("nan", "null")
	}
	u := a.socket
	u.Scheme, u.RawQuery = a.site.Scheme, q.Encode()
	r := (&http.Request{Method: http.MethodGet, URL: &u, Host: u.Host, Header: http.Header{}}).WithContext(ctx)
	return r, c.addCredential(r)
}

// socketURLOf returns the URL of a request for the websocket.
func socketURLOf(r *http.Request) string {
	u := *r.URL
	u.Scheme = "ws" + strings.TrimPrefix(u.Scheme, "http")
	return u.String()
}

// api returns the URL of a path below /manager/api, which begins with a slash.
func (a address) api(path string) string {
	u := a.site
	path, u.RawQuery, _ = strings.Cut(path, "?")
	u.Path += managerPath + "/api" + path
	return u.String()
}
