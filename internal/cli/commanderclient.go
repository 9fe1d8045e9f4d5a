package cli

import (
	"errors"
	"fmt"
	"net"

	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/commander/trace"
	"github.com/rubin-love/love-go/love/manager"
)

// commanderClientFlags are the LOVE-commander that a manager sends commands to.
type commanderClientFlags struct {
	commander commanderFlag
	timeout   secondsFlag
	address   string // of the commander that was opened
}

// commanderFlag is the address of a LOVE-commander. The variables of a Python deployment
// set it, too.
type commanderFlag string

func (f *commanderFlag) String() string { return string(*f) }
func (f *commanderFlag) Type() string   { return "string" }

func (f *commanderFlag) Set(address string) error {
	*f = commanderFlag(address)
	return nil
}

func (f *commanderFlag) fromVariables(env func(string) (string, bool)) (address, variables string, err error) {
	host, _ := env("COMMANDER_HOSTNAME")
	port, _ := env("COMMANDER_PORT")
	switch {
	case host == "":
		return "", "", nil
	case port == "":
		return "", "", errors.New("COMMANDER_HOSTNAME is set without COMMANDER_PORT: set it too (usually to 5000), or give --commander")
	}
	return net.JoinHostPort(host, port), "COMMANDER_HOSTNAME and COMMANDER_PORT", nil
}

func (f *commanderClientFlags) register(fs *pflag.FlagSet) {
	fs.Var(&f.commander, "commander", "base `URL` of a LOVE-commander, or $COMMANDER_HOSTNAME and $COMMANDER_PORT (default none: commands are refused)")
	bindEnv(fs, "commander", "LOVED_COMMANDER")
	f.timeout = secondsFlag(manager.DefaultCommandTimeout)
	fs.Var(&f.timeout, "command-timeout", "how long to wait for the commander, in `SECONDS` or as 1m30s; reported progress extends it")
	bindEnv(fs, "command-timeout", "LOVED_COMMAND_TIMEOUT")
}

// open returns a client of the commander, or nil if none is configured.
func (f *commanderClientFlags) open(opts ...commanderhttp.ClientOption) (*commanderhttp.Client, error) {
	if f.commander == "" {
		return nil, nil
	}
	f.address = f.commander.String()
	h, err := commanderhttp.New(f.address, opts...)
	if err != nil {
		return nil, fmt.Errorf("--commander: %w", err)
	}
	return h, nil
}

// openCommander returns a client of the commander, or nil if there is none and
// no setting needs one.
func (f *managerFlags) openCommander() (*commanderhttp.Client, error) {
	client, err := f.client.open(commanderhttp.WrapTransport(trace.Transport))
	if err == nil && client == nil && (f.commands.authority || len(f.commands.patterns) > 0) {
		err = errors.New("--authority and --approval need a commander: give --commander")
	}
	return client, err
}
