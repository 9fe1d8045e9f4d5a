package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/internal/similar"
)

// flagError returns what is wrong with a flag as one short text: the flag, or the
// variable that has set it, the value, and what is accepted.
func flagError(fs *pflag.FlagSet, variable string, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown) && len(unknown.GetSpecifiedName()) > 1:
		return fmt.Errorf("unknown flag: --%s%s", unknown.GetSpecifiedName(), similar.Question(similarFlags(fs, unknown.GetSpecifiedName())))
	case errors.As(err, &invalid):
		source := variable
		if source == "" {
			source = "--" + invalid.GetFlag().Name
		}
		return fmt.Errorf("%s: %w", source, valueError(invalid))
	}
	return err
}

// valueError returns what is wrong with the value of a flag.
func valueError(e *pflag.InvalidValueError) error {
	value := strconv.Quote(e.GetValue())
	switch kind := e.GetFlag().Value.Type(); kind {
	case "bool":
		return fmt.Errorf("%s is not true or false", value)
	case "int", "int64", "uint", "uint16":
		if numberError := new(strconv.NumError); errors.As(e, &numberError) {
			return fmt.Errorf("%s is not a whole number", value)
		}
	case "float64":
		return fmt.Errorf("%s is not a number", value)
	}
	return e.Unwrap()
}

func similarFlags(fs *pflag.FlagSet, name string) []string {
	var names []string
	fs.VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	found := similar.Names(name, names)
	for i := range found {
		found[i] = "--" + found[i]
	}
	return found
}

// variablePrefix begins the names of the variables that no other program reads.
const variablePrefix = "LOVED_"

// unknownVariables returns a warning for each variable that looks like one of this
// program's and is none.
func (a *app) unknownVariables(root *cobra.Command) (all []string) {
	known := map[string]bool{"LOVED_PASSWORD": true} // it has no flag, which others could see
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		add := func(f *pflag.Flag) {
			for _, variable := range f.Annotations[envAnnotation] {
				known[variable] = true
			}
		}
		cmd.Flags().VisitAll(add)
		cmd.PersistentFlags().VisitAll(add)
		for _, c := range cmd.Commands() {
			visit(c)
		}
	}
	visit(root)
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	for _, setting := range a.environ {
		name, _, _ := strings.Cut(setting, "=")
		if strings.HasPrefix(name, variablePrefix) && !known[name] {
			all = append(all, name+" is not a variable that loved reads"+similar.Question(similar.Names(name, names)))
		}
	}
	return all
}
