package scriptconfig

import (
	"regexp"
	"regexp/syntax"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const (
	// maxProgram bounds the compiled patterns of a schema, in about as many instructions.
	maxProgram = 50_000
	// maxMatched is the longest text that patterns are matched with, in bytes.
	maxMatched = 4096
)

// patterns compiles the regular expressions of a schema. What Go cannot match, or not in
// bounds, matches everything: the script itself has the last word.
type patterns struct {
	left int
	step func()
}

func (p *patterns) compile(text string) (jsonschema.Regexp, error) {
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return &pattern{text: text}, nil
	}
	size := sizeOf(parsed)
	if size > p.left {
		return &pattern{text: text}, nil
	}
	p.left -= size
	return &pattern{text: text, step: p.step, re: regexp.MustCompile(text)}, nil
}

// sizeOf estimates how large a pattern is once its repetitions are written out.
func sizeOf(re *syntax.Regexp) int {
	size := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		size += sizeOf(sub)
	}
	if re.Op == syntax.OpRepeat {
		size *= max(1, re.Min, re.Max)
	}
	return size
}

type pattern struct {
	text string
	step func()
	re   *regexp.Regexp // nil: it cannot be matched
}

// MatchString implements jsonschema.Regexp.
func (p *pattern) MatchString(s string) bool {
	if p.re == nil || len(s) > maxMatched {
		return true
	}
	p.step()
	return p.re.MatchString(s)
}

// String implements jsonschema.Regexp.
func (p *pattern) String() string { return p.text }
