package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// envAnnotation marks a flag with the variables that stand in for it.
const envAnnotation = "loved/env"

// bindEnv lets environment variables stand in for a flag that is not given;
// the first one that is set and not empty counts. The help shows their names.
func bindEnv(fs *pflag.FlagSet, flag string, variables ...string) {
	f := fs.Lookup(flag)
	f.Usage += " [$" + strings.Join(variables, ", $") + "]"
	if f.Annotations == nil {
		f.Annotations = map[string][]string{}
	}
	f.Annotations[envAnnotation] = variables
}

// applyEnv fills the flags that were not given from the environment; after it,
// Changed says whether a flag was given in either way.
func applyEnv(fs *pflag.FlagSet, env func(string) (string, bool)) (err error) {
	fs.VisitAll(func(f *pflag.Flag) {
		if f.Changed || err != nil {
			return
		}
		for _, name := range f.Annotations[envAnnotation] {
			value, _ := env(name)
			if value == "" {
				continue
			}
			if e := fs.Set(f.Name, value); e != nil {
				err = fmt.Errorf("environment variable %s: %w", name, e)
			}
			return
		}
	})
	return err
}

// choice is a flag that takes one of a few words.
type choice struct {
	value   string
	choices []string
}

// oneOf is a choice whose default is the first of the words.
func oneOf(choices ...string) *choice { return &choice{choices[0], choices} }

func (c *choice) String() string { return c.value }
func (c *choice) Type() string   { return strings.Join(c.choices, "|") }

func (c *choice) Set(s string) error {
	for _, word := range c.choices {
		if s == word {
			c.value = s
			return nil
		}
	}
	return fmt.Errorf("%q is none of %s", s, strings.Join(c.choices, ", "))
}
