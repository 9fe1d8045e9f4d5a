package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// sourceAnnotation marks a flag that is not at its default with where its value comes
// from: the flag, a variable, or a line of the configuration file.
const sourceAnnotation = "loved/source"

func setSource(f *pflag.Flag, source string) {
	if f.Annotations == nil {
		f.Annotations = map[string][]string{}
	}
	f.Annotations[sourceAnnotation] = []string{source}
}

// source returns where the value of a flag comes from, "" for its default. A flag that
// was given is its own source.
func source(f *pflag.Flag) string {
	if s := f.Annotations[sourceAnnotation]; len(s) > 0 {
		return s[0]
	}
	if f.Changed {
		return "--" + f.Name
	}
	return ""
}

// variablesValue is a flag that several variables together can set, beside the one of
// its own.
type variablesValue interface {
	pflag.Value
	// fromVariables returns the value, and the names of the variables; "" if they are
	// not set.
	fromVariables(env func(string) (string, bool)) (value, variables string, err error)
}

// applySettings sets the flags that were not given: from the environment, else from the
// configuration file of the command, if it has one. After it, Changed reports whether a
// flag was set in any way, and source how.
func (a *app) applySettings(cmd *cobra.Command) error {
	file, err := a.readConfig(cmd)
	if err != nil {
		return err
	}
	fs := cmd.Flags()
	fs.VisitAll(func(f *pflag.Flag) {
		if err == nil && !isSecretFile(f) {
			err = a.applySetting(fs, f, file)
		}
	})
	a.overridden = file.overridden(fs)
	return err
}

// applySetting sets one flag from the first place that has a value. A secret and the
// file with it are one setting.
func (a *app) applySetting(fs *pflag.FlagSet, f *pflag.Flag, file *config) error {
	inFile := fs.Lookup(f.Name + secretFileSuffix) // nil if it is not a secret
	for _, set := range []func(*pflag.Flag) (bool, error){
		func(f *pflag.Flag) (bool, error) { return f.Changed, nil },
		a.setFromVariable(fs),
		a.setFromVariables(fs),
		file.set(fs),
	} {
		is, err := set(f)
		if err != nil || inFile == nil && is {
			return err
		}
		if inFile == nil {
			continue
		}
		too, err := set(inFile)
		switch {
		case err != nil:
			return err
		case is && too:
			return fmt.Errorf("%s and %s are both given: remove one", source(f), source(inFile))
		case is:
			return nil
		case too:
			return setFromSecretFile(fs, f, inFile)
		}
	}
	return nil
}

// setFromVariable sets a flag from its own variables.
func (a *app) setFromVariable(fs *pflag.FlagSet) func(*pflag.Flag) (bool, error) {
	return func(f *pflag.Flag) (bool, error) {
		for _, name := range f.Annotations[envAnnotation] {
			value, _ := a.env(name)
			if value == "" {
				continue
			}
			if err := fs.Set(f.Name, value); err != nil {
				return false, flagError(fs, name, err)
			}
			setSource(f, name)
			return true, nil
		}
		return false, nil
	}
}

// setFromVariables sets a flag from the variables that set it together.
func (a *app) setFromVariables(fs *pflag.FlagSet) func(*pflag.Flag) (bool, error) {
	return func(f *pflag.Flag) (bool, error) {
		v, ok := f.Value.(variablesValue)
		if !ok {
			return false, nil
		}
		value, variables, err := v.fromVariables(a.env)
		if err != nil || variables == "" {
			return false, err
		}
		if err := fs.Set(f.Name, value); err != nil {
			return false, flagError(fs, variables, err)
		}
		setSource(f, variables)
		return true, nil
	}
}

// A secret is given in a file by the name of its flag, or its variable, with a suffix.
const (
	secretFileSuffix         = "-file"
	secretFileVariableSuffix = "_FILE"
)

// secretFileAnnotation marks the flags that addSecretFiles has added.
const secretFileAnnotation = "loved/secret-file"

func isSecretFile(f *pflag.Flag) bool { return len(f.Annotations[secretFileAnnotation]) > 0 }

// addSecretFiles adds to each secret of a command, and of those below it, a flag with
// which it is read from a file. The help does not list them.
func addSecretFiles(cmd *cobra.Command) {
	var secrets []*pflag.Flag
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if way := f.Annotations[secretAnnotation]; len(way) > 0 && way[0] != inAddress {
			secrets = append(secrets, f)
		}
	})
	for _, f := range secrets {
		name := f.Name + secretFileSuffix
		cmd.Flags().String(name, "", "`FILE` with the value of --"+f.Name)
		added := cmd.Flags().Lookup(name)
		added.Hidden = true
		added.Annotations = map[string][]string{secretFileAnnotation: {f.Name}}
		var variables []string
		for _, v := range f.Annotations[envAnnotation] {
			variables = append(variables, v+secretFileVariableSuffix)
		}
		if len(variables) > 0 {
			bindEnv(cmd.Flags(), name, variables...)
		}
	}
	for _, c := range cmd.Commands() {
		addSecretFiles(c)
	}
}

// setFromSecretFile sets a secret from the file that a flag, a variable or the
// configuration file names.
func setFromSecretFile(fs *pflag.FlagSet, f, inFile *pflag.Flag) error {
	text, err := readSecret(inFile.Value.String())
	if err != nil {
		return fmt.Errorf("%s: %w", source(inFile), err)
	}
	if err := fs.Set(f.Name, text); err != nil {
		return fmt.Errorf("%s: %w", source(inFile), err)
	}
	setSource(f, source(inFile))
	return nil
}

// maxSecret bounds a file with a secret, in bytes.
const maxSecret = 64 << 10

// readSecret reads a file that has a secret on its only line.
func readSecret(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, maxSecret+1))
	if err != nil {
		return "", err
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(raw), "\n"), "\r")
	switch {
	case len(raw) > maxSecret:
		return "", fmt.Errorf("%s has more than %s: it must have the secret alone", path, humanSize(maxSecret))
	case text == "":
		return "", fmt.Errorf("%s is empty: it must have the secret", path)
	case strings.ContainsAny(text, "\r\n"):
		return "", fmt.Errorf("%s has several lines: it must have the secret alone", path)
	}
	return text, nil
}
