package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/internal/mask"
	"github.com/rubin-love/love-go/love/hub/redis"
)

// memoryBroker is the address of a manager that is alone.
const memoryBroker = "memory"

// brokerVariables are the variables that name a broker together.
const brokerVariables = "REDIS_HOST and REDIS_PORT"

// brokerAddress is what connects several managers. The variables of a Python deployment
// set it, too.
type brokerAddress string

func (f *brokerAddress) String() string { return string(*f) }
func (f *brokerAddress) Type() string   { return "string" }

func (f *brokerAddress) Set(address string) error {
	*f = brokerAddress(address)
	return nil
}

// fromVariables implements variablesValue.
func (f *brokerAddress) fromVariables(env func(string) (string, bool)) (address, variables string, err error) {
	host, _ := env("REDIS_HOST")
	if host == "" {
		return "", "", nil
	}
	port, _ := env("REDIS_PORT")
	port = cmp.Or(port, "6379")
	if strings.ContainsAny(host, "/@?# ") {
		return "", "", fmt.Errorf("REDIS_HOST is %q: it is the name of a host; give an address with --broker", mask.Address(host))
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", "", fmt.Errorf("REDIS_PORT is %q: it is a port, from 1 to 65535", mask.Text(port))
	}
	return "redis://" + net.JoinHostPort(strings.Trim(host, "[]"), port), brokerVariables, nil
}

// brokerFlags are the settings of what connects several managers.
type brokerFlags struct {
	address          brokerAddress
	password, prefix string
}

func (f *brokerFlags) register(fs *pflag.FlagSet) {
	f.address = memoryBroker
	fs.Var(&f.address, "broker", "`ADDRESS` of the Redis that connects several managers, redis://HOST:PORT, rediss://… with TLS; memory: this one is alone; also as REDIS_HOST, REDIS_PORT")
	bindEnv(fs, "broker", "LOVED_BROKER")
	markSecret(fs, inAddress, "broker")
	fs.StringVar(&f.password, "broker-password", "", "`PASSWORD` of Redis, if it is not in the address")
	bindEnv(fs, "broker-password", "REDIS_PASS")
	markSecret(fs, escaped, "broker-password")
	fs.StringVar(&f.prefix, "broker-prefix", "love", "`NAME` that begins the names of keys and channels; managers that act as one have the same")
	bindEnv(fs, "broker-prefix", "LOVED_BROKER_PREFIX")
}

func (f *brokerFlags) options() redis.Options {
	return redis.Options{Password: f.password, Prefix: f.prefix}
}

func (f *brokerFlags) isAlone() bool { return f.address == memoryBroker }

// check refuses settings that no broker can be made of.
func (f *brokerFlags) check() error {
	if f.isAlone() {
		return nil
	}
	if strings.ContainsAny(f.prefix, "{}") {
		return fmt.Errorf("--broker-prefix is %q: it may not have braces", f.prefix)
	}
	if err := redis.CheckAddress(string(f.address), f.options()); err != nil {
		return fmt.Errorf("--broker: %w; or memory for one manager alone", err)
	}
	return nil
}

// open returns the broker, nil if the manager is alone.
func (f *brokerFlags) open(name string, log *slog.Logger) (*redis.Broker, error) {
	if f.isAlone() {
		return nil, nil
	}
	o := f.options()
	o.Name, o.Logger = name, log
	return redis.New(string(f.address), o)
}

// checkBroker tests Redis; it returns "" if there is none.
func (f *managerFlags) checkBroker(ctx context.Context) (string, error) {
	if f.broker.isAlone() {
		return "", nil
	}
	if err := f.broker.check(); err != nil {
		return "", err
	}
	found, err := redis.Probe(ctx, string(f.broker.address), f.broker.options())
	if errors.Is(err, redis.ErrEvicts) {
		return "", warning{found + "; " + err.Error()}
	}
	return found, err
}
