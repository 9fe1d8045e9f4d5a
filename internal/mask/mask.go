// Package mask hides the secrets in the addresses that errors and logs show: the user
// part of a URL, and a token in its path or query.
package mask

import (
	"net/url"
	"regexp"
	"strings"
)

// hidden replaces what is hidden.
const hidden = "…"

// Address returns the address of a setting as it may be shown: its scheme, host and
// port. It need not be a valid URL.
func Address(text string) string {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		scheme, rest = "", text
	} else {
		scheme += "://"
	}
	user := ""
	if i := strings.LastIndexByte(rest, '@'); i >= 0 { // a password may contain anything
		user, rest = hidden+"@", rest[i+1:]
	}
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		if strings.Trim(rest[i:], "/") == "" {
			return scheme + user + rest
		}
		rest = rest[:i+1] + hidden
	}
	return scheme + user + rest
}

// In a text, a URL ends where a quote, a space or a bracket begins. The PostgreSQL driver
// shows the user in a form of its own.
var (
	urls         = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)([^\s"'<>\x60]*)`)
	users        = regexp.MustCompile(`[^\s"'<>\x60/@:]*:[^\s"'<>\x60/@]+@([A-Za-z0-9_.\[-])`)
	postgresUser = regexp.MustCompile("(failed to connect to `user=)\\S*")
)

// Text hides the user part and the query of every URL in a text, and user:password
// before a host. It leaves paths.
func Text(text string) string {
	text = postgresUser.ReplaceAllString(text, "${1}"+hidden)
	if !strings.ContainsAny(text, "@?") { // nearly always
		return text
	}
	text = urls.ReplaceAllStringFunc(text, func(found string) string {
		scheme, rest, _ := strings.Cut(found, "://")
		user := ""
		if i := strings.LastIndexByte(rest, '@'); i >= 0 {
			user, rest = hidden+"@", rest[i+1:]
		}
		if i := strings.IndexByte(rest, '?'); i >= 0 {
			tail := rest[len(strings.TrimRight(rest, ":,;.)")):] // of the sentence
			rest = rest[:i+1] + hidden + tail
		}
		return scheme + "://" + user + rest
	})
	return users.ReplaceAllString(text, hidden+"@$1")
}

// Addresses shows of every URL in a text only what [Address] does, for errors that
// repeat what a user has typed.
func Addresses(text string) string {
	return Text(urls.ReplaceAllStringFunc(text, Address))
}

// maskedError is an error with a text that may be shown.
type maskedError struct {
	err  error
	text string
}

func (e *maskedError) Error() string { return e.text }
func (e *maskedError) Unwrap() error { return e.err }

// Error returns an error whose text shows of the addresses only what [Address] does,
// wherever a library repeats them or parts of them, and of other URLs what [Text] does.
// It wraps err, unless nothing had to be hidden.
func Error(err error, addresses ...string) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	for _, a := range addresses {
		text = strings.NewReplacer(replacements(a)...).Replace(text)
	}
	if text = Text(text); text == err.Error() {
		return err
	}
	return &maskedError{err, text}
}

// replacements returns the parts of an address that must not be shown, in the forms in
// which a library may write them, each with its replacement.
func replacements(address string) (pairs []string) {
	const least = 4 // shorter texts occur everywhere, and are not secrets
	add := func(text string) {
		if len(text) >= least {
			pairs = append(pairs, text, hidden)
		}
	}
	u, err := url.Parse(address)
	if err != nil {
		return []string{address, Address(address)}
	}
	if password, ok := u.User.Password(); ok {
		add(u.User.String())
		add(password)
		add(url.QueryEscape(password))
		add(url.PathEscape(password))
	}
	for _, path := range []string{u.EscapedPath(), u.Path} {
		if path = strings.TrimRight(path, "/"); path != "" && u.Host != "" {
			pairs = append(pairs, u.Host+path, u.Host+"/"+hidden)
		}
	}
	add(u.RawQuery)
	for _, values := range u.Query() {
		for _, v := range values {
			add(v)
		}
	}
	return pairs
}
