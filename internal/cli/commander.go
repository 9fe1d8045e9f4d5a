package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/internal/httpserver"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/commander/lovecsc"
	"github.com/rubin-love/love-go/love/commander/salcommander"
)

// commanderFlags are the settings of `loved commander`.
type commanderFlags struct {
	listen  string
	sal     salFlags
	timeout span
	to      clientFlags
	log     logFlags
}

func (a *app) commanderCommand() *cobra.Command {
	var f commanderFlags
	cmd := &cobra.Command{
		Use:   "commander",
		Short: "Run a commander: commands, SAL information and the LOVE CSC over HTTP",
		Long: `Run a LOVE-commander: its HTTP API over SAL, with the LOVE CSC that writes observing logs.
A manager, ours or the Python one, is told its address (loved manager --commander).
The API has no log-in: let only managers reach it. With --sal sim the process has an observatory
of its own: loved demo is the one where producers and commands meet.`,
		Example: `  loved commander --sal sim
  LSST_TOPIC_SUBNAME=sal loved commander --sal-interfaces ts_xml
  loved manager --commander http://127.0.0.1:5000 …`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.runCommander(cmd.Context(), &f)
		},
	}
	f.register(cmd.Flags())
	return cmd
}

func (f *commanderFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.listen, "listen", "127.0.0.1:5000", "`ADDRESS` of the HTTP API")
	bindEnv(fs, "listen", "LOVED_LISTEN")
	f.sal.register(fs)
	f.timeout = span(10 * time.Second)
	fs.Var(&f.timeout, "command-timeout", "how long a command may take, in `SECONDS` or as 1m30s; progress extends it")
	bindEnv(fs, "command-timeout", "COMMAND_TIMEOUTS")
	fs.StringVar(&f.to.manager, "manager", "", "`URL` of a manager, to take observing logs from its websocket too (default none)")
	bindEnv(fs, "manager", "WEBSOCKET_HOST", "LOVED_MANAGER")
	fs.StringVar(&f.to.processPassword, "process-password", "", "`PASSWORD` of processes at the manager")
	bindEnv(fs, "process-password", "PROCESS_CONNECTION_PASS")
	f.log.register(fs, slog.LevelInfo)
}

// span is a time that can be given as a number of seconds, as the Python
// system does.
type span time.Duration

func (s *span) String() string { return time.Duration(*s).String() }
func (s *span) Type() string   { return "seconds" }

func (s *span) Set(text string) error {
	d, err := time.ParseDuration(text)
	if number, e := strconv.ParseFloat(text, 64); e == nil && number < 1e9 {
		d, err = time.Duration(number*float64(time.Second)), nil
	}
	if err != nil || d <= 0 {
		return fmt.Errorf("%q is no time above 0: give seconds, or a time such as 1m30s", text)
	}
	*s = span(d)
	return nil
}

func (a *app) runCommander(ctx context.Context, f *commanderFlags) error {
	log := f.log.logger(a.stderr)
	bus, love, err := a.openAsLOVE(ctx, &f.sal, log)
	if err != nil {
		return err
	}
	defer bus.close()
	parts := []func(context.Context) error{love.Run}
	if f.to.manager != "" {
		manager, err := client.New(f.to.manager, client.WithProcessPassword(f.to.processPassword), client.WithLogger(log))
		if err != nil {
			return &usageError{err}
		}
		parts = append(parts, manager.Run, func(ctx context.Context) error { return love.Listen(ctx, manager) })
	}
	listener, err := listen(f.listen)
	if err != nil {
		return err
	}
	executor := salcommander.New(bus.domain)
	api := commanderhttp.NewHandler(commanderhttp.Backend{
		Commander: executor, Informer: executor, Heartbeater: executor, Logbook: love,
	}, commanderhttp.WithTimeout(time.Duration(f.timeout)), commanderhttp.WithLogger(log))
	fmt.Fprintf(a.stdout, "LOVE commander at %s, of %s\n", urlOf(listener, ""), bus.name)
	return bus.with(ctx, append(parts, func(ctx context.Context) error { return serveAPI(ctx, listener, api, log) })...)
}

// openAsLOVE joins the bus that the flags name as the LOVE CSC. On a simulated
// bus it is the only one: the simulation leaves that component out.
func (a *app) openAsLOVE(ctx context.Context, f *salFlags, log *slog.Logger) (*salBus, *lovecsc.CSC, error) {
	bus, err := a.openSAL(f, log, lovecsc.Component)
	if err != nil {
		return nil, nil, err
	}
	love, err := lovecsc.New(ctx, bus.domain, lovecsc.WithLogger(log))
	if err != nil {
		bus.close()
		return nil, nil, fmt.Errorf("starting the LOVE CSC: %w", err)
	}
	return bus, love, nil
}

// apiDrainTimeout is how long a commander that ends waits for commands under way.
const apiDrainTimeout = 5 * time.Second

// serveAPI answers on the listener until ctx ends, then lets requests under
// way finish for as long as apiDrainTimeout.
func serveAPI(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	server := httpserver.New(handler, log)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served: // the listener broke
		return errors.Join(fmt.Errorf("serving: %w", err), server.Close())
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), apiDrainTimeout)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		log.Warn("cut the commands under way", "error", err)
		server.Close()
	}
	<-served
	return nil
}
