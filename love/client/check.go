package client

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// check returns what is wrong with the options: values that mean nothing, and options
// that contradict each other.
func (c *config) check() error {
	return errors.Join(
		wrongIf(c.token != "" && c.password != "", "WithToken and WithProcessPassword contradict each other: connect as a user or as a process"),
		wrongIf(c.tokenGiven && c.token == "", "WithToken: the token is empty"),
		wrongIf(c.passwordGiven && c.password == "", "WithProcessPassword: the password is empty; is the variable set that it is read from?"),
		wrongIf(c.retryMin <= 0 || c.retryMax < c.retryMin, "WithRetry(%v, %v): give pauses above 0, the shorter one first", c.retryMin, c.retryMax),
		wrongIf(c.once && c.retryGiven, "WithRetry and WithoutRetry contradict each other"),
		wrongIf(c.pingInterval < 0 || c.pongTimeout < 0, "WithPing(%v, %v): give times above 0, or 0 for the default", c.pingInterval, c.pongTimeout),
		wrongIf(c.buffer < 1, "WithBuffer(%d): give room for at least one message", c.buffer),
	)
}

// wrongIf returns an error if a condition holds.
func wrongIf(wrong bool, format string, args ...any) error {
	if !wrong {
		return nil
	}
	return fmt.Errorf("client: "+format, args...)
}

// checkHost returns what is wrong with the host of a manager's URL, which it does not
// repeat.
func checkHost(u *url.URL) error {
	const example = ": give, for example, http://localhost:8000"
	name := u.Hostname()
	if name == "" {
		return errors.New("the manager's URL has no host" + example)
	}
	if strings.HasSuffix(u.Host, ":") {
		return errors.New("the manager's URL has a colon but no port after its host" + example)
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return errors.New("the port of the manager's URL is not from 1 to 65535" + example)
		}
	}
	if _, err := netip.ParseAddr(name); err != nil && strings.ContainsFunc(name, notInHostName) {
		return errors.New("the manager's URL has a host that is no name or address" + example)
	}
	if strings.Contains(u.Path, "//") {
		return errors.New("the path of the manager's URL has two slashes in a row" + example)
	}
	return nil
}

// notInHostName reports whether names of hosts never have a character. Those of
// containers may have an underscore, and those of other languages any letter.
func notInHostName(c rune) bool {
	return c <= ' ' || c < 0x80 && !strings.ContainsRune("-._", c) && !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z')
}
