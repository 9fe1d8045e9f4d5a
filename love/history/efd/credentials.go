package efd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rubin-love/love-go/love/history"
)

// Credentials is a service that knows the EFDs by their names, with the interface of
// segwarides: GET <URL>/list and GET <URL>/creds/<name>.
type Credentials struct {
	URL  string
	HTTP *http.Client // default: http.DefaultClient
}

// credentialsTimeout is how long the service may take.
const credentialsTimeout = 10 * time.Second

// Names returns the names of the EFDs, in order.
func (c Credentials) Names(ctx context.Context) ([]string, error) {
	var names []string
	if err := c.get(ctx, &names, "list"); err != nil {
		return nil, fmt.Errorf("listing the EFDs: %w", err)
	}
	slices.Sort(names)
	return names, nil
}

// Lookup returns how the EFD of a name is reached.
func (c Credentials) Lookup(ctx context.Context, name string) (Config, error) {
	if !plainName.MatchString(strings.ReplaceAll(name, "-", "_")) {
		return Config{}, fmt.Errorf("%q is not the name of an EFD", name)
	}
	var found struct {
		Host, Path, Username, Password string
		Port                           json.Number // some services write it as a text
	}
	if err := c.get(ctx, &found, "creds", name); err != nil {
		return Config{}, fmt.Errorf("looking up the EFD %q: %w", name, err)
	}
	u := url.URL{Scheme: "https", Host: net.JoinHostPort(found.Host, string(found.Port)), Path: strings.TrimRight(found.Path, "/")}
	return Config{URL: u.String(), Username: found.Username, Password: found.Password}, nil
}

// get reads the JSON of an address of the service.
func (c Credentials) get(ctx context.Context, into any, path ...string) error {
	limited, cancel := context.WithTimeout(ctx, credentialsTimeout)
	defer cancel()
	address, err := url.JoinPath(c.URL, path...)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(limited, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%w: %w", history.ErrUnavailable, err)
	}
	defer func() { _ = resp.Body.Close() }()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return fmt.Errorf("the credentials service does not know it (HTTP 404)")
	default:
		return fmt.Errorf("%w: the credentials service answers HTTP %d", history.ErrUnavailable, resp.StatusCode)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(into); err != nil {
		return fmt.Errorf("%w: the answer of the credentials service: %w", history.ErrUnavailable, err)
	}
	return nil
}
