package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// runningTimeout bounds the question to a running manager.
const runningTimeout = 5 * time.Second

// checkRunning asks the manager that listens at an address of this machine whether it is
// ready, and prints what it answers.
func (a *app) checkRunning(ctx context.Context, listen string, secure bool) error {
	ctx, cancel := context.WithTimeout(ctx, runningTimeout)
	defer cancel()
	address, err := localAddress(listen)
	if err != nil {
		return &usageError{err}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, withScheme("http://"+address+"/readyz", secure), nil)
	if err != nil {
		return &usageError{err}
	}
	transport := &http.Transport{DisableKeepAlives: true} // and no proxy
	// The certificate is for the name that clients use, which is not this address. Nothing
	// secret is sent, and loved check tests the certificate.
	transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("no manager answers at %s: start it, or give its --listen (LOVED_LISTEN): %w", address, err)
	}
	defer response.Body.Close()
	const maxAnswer = 64 << 10
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("the answer of the manager at %s was cut off: %w", address, err)
	}
	fmt.Fprintln(a.stdout, strings.TrimSpace(string(text)))
	if response.StatusCode != http.StatusOK {
		return errors.New("the manager is not ready: the lines above say why")
	}
	return nil
}

// localAddress returns the address at which this machine reaches a listener.
func localAddress(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil || port == "0" {
		return "", fmt.Errorf("--listen is %q: give HOST:PORT of the running manager", listen)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip != nil && ip.To4() == nil {
			host = "::1"
		}
	}
	return net.JoinHostPort(host, port), nil
}
