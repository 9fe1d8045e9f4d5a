package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/internal/example"
	"github.com/rubin-love/love-go/love/server"
)

func (a *app) exampleCommand() *cobra.Command {
	var f managerFlags
	cmd := &cobra.Command{
		Use:   "example FILE",
		Short: "Print a file with which a service is set up: systemd, compose, nginx …",
		Long: `Print a ready file with which a service is set up, made of the same definitions as the flags:

` + exampleList() + `
Each says in its first lines how it is used. The settings of the manager (--listen, --url-prefix, --ping and
--command-timeout, their variables, or --config FILE) are those of the nginx that it prints.`,
		Example: `  loved example config >loved.yaml
  LOVED_CONFIG=loved.yaml loved example nginx >/etc/nginx/conf.d/love.conf`,
		Args:      exactArgs("FILE"),
		ValidArgs: example.Names(),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := example.Make(args[0], f.exampleInput(cmd.Root()))
			if err != nil {
				return &usageError{err}
			}
			_, err = fmt.Fprint(a.stdout, text)
			return err
		},
	}
	f.register(cmd.Flags())
	withConfig(cmd, "manager")
	cmd.Flags().VisitAll(func(f *pflag.Flag) { f.Hidden = f.Name != configFlag })
	return cmd
}

// exampleList is the list of the files for the help.
func exampleList() string {
	var b strings.Builder
	for _, name := range example.Names() {
		fmt.Fprintf(&b, "  %-12s%s\n", name, example.What(name))
	}
	return b.String()
}

// exampleInput returns what the files are made of.
func (f *managerFlags) exampleInput(root *cobra.Command) example.Input {
	version, _ := buildVersion()
	in := example.Input{
		Version:  version,
		Listen:   f.listen,
		Limits:   example.Limits{Drain: server.DefaultDrainTimeout, Ping: f.ping, Command: time.Duration(f.client.timeout)},
		Programs: example.Programs{},
	}
	if local, err := localAddress(f.listen); err == nil {
		in.Listen = local
	}
	if prefix := strings.Trim(f.urlPrefix, "/"); prefix != "" {
		in.Prefix = "/" + prefix
	}
	groups := map[string][]flagGroup{"manager": managerFlagGroups}
	for _, role := range roles {
		p := settingsPrinter{cmd: roleCommand(root, role), groups: groups[role]}
		p.cmd.InheritedFlags() // makes them a part of its flags
		p.visit(func(group string, flag *pflag.Flag) {
			in.Programs[role] = append(in.Programs[role], exampleSetting(group, flag))
		})
		in.Programs[role] = append(in.Programs[role], exampleSetting("", p.cmd.Flags().Lookup(configFlag)))
	}
	return in
}

func exampleSetting(group string, f *pflag.Flag) example.Setting {
	argument, usage := pflag.UnquoteUsage(f)
	if variables := f.Annotations[envAnnotation]; len(variables) > 0 {
		usage = strings.TrimSuffix(usage, " [$"+strings.Join(variables, ", $")+"]")
	}
	way := f.Annotations[secretAnnotation]
	s := example.Setting{
		Group: group, Name: f.Name, Argument: argument, Variables: f.Annotations[envAnnotation], Help: usage,
		Value: plainValue(f), Secret: len(way) > 0 && way[0] != inAddress,
	}
	list, isList := f.Value.(pflag.SliceValue)
	if isList || s.Value != "" {
		s.Default = yamlValue(f)
	}
	if isList {
		s.Value = strings.Join(list.GetSlice(), ",") // without spaces, as a flag takes it
	}
	return s
}
