// Package secret finds secrets that will not arrive as they were meant: with the
// line break of the file they came from, with quotation marks of an env file, or
// with characters that a URL changes. Nothing that it returns shows a secret.
package secret

import (
	"net/url"
	"strings"
	"unicode"
)

// Warnings returns what is probably wrong with a secret, each as a sentence that
// names it and what to do. An empty value is not a secret.
func Warnings(name, value string) (all []string) {
	if value == "" {
		return nil
	}
	if strings.TrimSpace(value) != value {
		all = append(all, name+" begins or ends with white space, such as the line break of a file: it is a part of the secret. Remove it, unless every program has it so.")
	}
	trimmed := strings.TrimSpace(value)
	if n := len(trimmed); n > 1 && trimmed[0] == trimmed[n-1] && strings.ContainsRune("\"'`", rune(trimmed[0])) {
		all = append(all, name+" is in quotation marks, which are a part of the secret: env files and Compose files keep them. Remove them, unless every program has it so.")
	}
	if isPlaceholder(trimmed) {
		all = append(all, name+" looks like the name of a variable that was not replaced by its value. Give the value.")
	}
	if strings.ContainsFunc(trimmed, unicode.IsControl) {
		all = append(all, name+" has a line break or another control character inside, which log-ins and headers do not pass on. Choose a secret without it.")
	}
	return all
}

// isPlaceholder reports whether a text is $NAME or ${NAME}.
func isPlaceholder(text string) bool {
	name, ok := strings.CutPrefix(text, "$")
	if !ok {
		return false
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "{"), "}")
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	})
}

// QueryWarnings is Warnings for a secret that Python programs put into the query of
// a URL as it is (docs/protocol/producer.md#differences-from-the-python-producer, C-URL).
func QueryWarnings(name, value string) []string {
	all := Warnings(name, value)
	if strings.ContainsFunc(value, func(r rune) bool { return r > unicode.MaxASCII || strings.ContainsRune("+%&# ", r) }) {
		all = append(all, name+" has one of + % & #, a space or a character beyond ASCII. Python producers put it into their URL unescaped, where it is changed or cut, and they will be refused. Choose one of letters, digits and - . _ ~ only.")
	}
	return all
}

// URLWarnings returns what is probably wrong with the password in a URL, if there
// is one.
func URLWarnings(name, text string) []string {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil {
		return nil // whoever uses the URL reports it
	}
	password, _ := u.User.Password()
	all := Warnings("the password in "+name, password)
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		if key, value, _ := strings.Cut(pair, "="); key == "password" && strings.Contains(value, "+") {
			all = append(all, "the password in "+name+" is in the query and has a +, which is read as a space. Write it %2B.")
		}
	}
	return all
}
