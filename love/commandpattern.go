package love

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// CommandPattern selects commands: "CSC:salindex:command". Each part may have
// the wildcards * and ?, and parts at the end may be left out: "ATDome",
// "MTHexapod:1", "ATDome:*:move*". The "cmd_" of a command may be left out, too.
type CommandPattern string

// ParseCommandPattern parses a pattern. The error says what a valid one
// looks like.
func ParseCommandPattern(text string) (CommandPattern, error) {
	parts := strings.Split(text, ":")
	for _, part := range parts {
		if _, err := path.Match(part, ""); err != nil || part == "" || strings.ContainsAny(part, `/\[]^ `) || len(part) > 100 {
			parts = nil
		}
	}
	if len(parts) == 0 || len(parts) > 3 {
		return "", fmt.Errorf("%q is not a command pattern: give CSC, CSC:salindex or CSC:salindex:command, each a name or with * and ?, such as ATDome:*:move*", text)
	}
	return CommandPattern(text), nil
}

// parts returns the three parts, with * for those that are left out.
func (p CommandPattern) parts() [3]string {
	all := [3]string{"*", "*", "*"}
	copy(all[:], strings.SplitN(string(p), ":", 3))
	all[2] = strings.TrimPrefix(all[2], "cmd_")
	return all
}

// Matches reports whether the pattern selects a command.
func (p CommandPattern) Matches(c Command) bool {
	names := [3]string{c.CSC, strconv.Itoa(c.SalIndex), strings.TrimPrefix(c.Name, "cmd_")}
	for i, part := range p.parts() {
		if !glob(part, names[i]) {
			return false
		}
	}
	return true
}

// Includes reports whether the pattern selects every command that q selects.
func (p CommandPattern) Includes(q CommandPattern) bool {
	ours, theirs := p.parts(), q.parts()
	for i := range ours {
		if !glob(ours[i], theirs[i]) {
			return false
		}
	}
	return true
}

// Overlaps reports whether some command is selected by both patterns.
func (p CommandPattern) Overlaps(q CommandPattern) bool {
	ours, theirs := p.parts(), q.parts()
	for i := range ours {
		if !intersect(ours[i], theirs[i]) {
			return false
		}
	}
	return true
}

// glob reports whether one part of a pattern selects a text, or everything that
// another part does: a * of the text is matched by a * only. It backtracks to
// the last * only, so the time is bounded by the product of the lengths.
func glob(pattern, text string) bool {
	p, t, star, mark := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == text[t] || pattern[p] == '?' && text[t] != '*'):
			p++
			t++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// intersect reports whether both parts select some common text. can[i][j] is the
// answer for a[i:] and b[j:].
func intersect(a, b string) bool {
	can := make([][]bool, len(a)+1)
	for i := len(a); i >= 0; i-- {
		can[i] = make([]bool, len(b)+1)
		for j := len(b); j >= 0; j-- {
			switch {
			case i == len(a) && j == len(b):
				can[i][j] = true
			case i < len(a) && a[i] == '*':
				can[i][j] = can[i+1][j] || j < len(b) && can[i][j+1]
			case j < len(b) && b[j] == '*':
				can[i][j] = can[i][j+1] || i < len(a) && can[i+1][j]
			case i < len(a) && j < len(b):
				can[i][j] = (a[i] == '?' || b[j] == '?' || a[i] == b[j]) && can[i+1][j+1]
			}
		}
	}
	return can[0][0]
}
