package cli

import (
	"errors"
	"fmt"
	"net"

	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/manager"
)

// commanderClientFlags are the LOVE-commander that a manager sends commands to.
type commanderClientFlags struct {
	commander string
	timeout   secondsFlag
	address   string // of the commander that was opened
}

func (f *commanderClientFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.commander, "commander", "", "base `URL` of a LOVE-commander, or $COMMANDER_HOSTNAME and $COMMANDER_PORT (default none: commands are refused)")
	bindEnv(fs, "commander", "LOVED_COMMANDER")
	f.timeout = secondsFlag(manager.DefaultCommandTimeout)
	fs.Var(&f.timeout, "command-timeout", "how long to wait for the commander, in `SECONDS` or as 1m30s; reported progress extends it")
	bindEnv(fs, "command-timeout", "LOVED_COMMAND_TIMEOUT")
}

// open returns a client of the commander, or nil if none is configured.
func (f *commanderClientFlags) open(env func(string) (string, bool)) (*commanderhttp.Client, error) {
	address := f.commander
	if host, _ := env("COMMANDER_HOSTNAME"); address == "" && host != "" {
		port, _ := env("COMMANDER_PORT")
		if port == "" {
			return nil, fmt.Errorf("COMMANDER_HOSTNAME is set without COMMANDER_PORT: set it too (usually to 5000), or give --commander")
		}
		address = net.JoinHostPort(host, port)
	}
	if address == "" {
		return nil, nil
	}
	f.address = address
	h, err := commanderhttp.New(address)
	if err != nil {
		return nil, fmt.Errorf("--commander: %w", err)
	}
	return h, nil
}

// openCommander returns a client of the commander, or nil if there is none and
// no setting needs one.
func (f *managerFlags) openCommander(env func(string) (string, bool)) (*commanderhttp.Client, error) {
	client, err := f.client.open(env)
	if err == nil && client == nil && (f.commands.authority || len(f.commands.patterns) > 0) {
		err = errors.New("--authority and --approval need a commander: give --commander")
	}
	return client, err
}
