package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/internal/httpserver"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/commander/lovecsc"
	"github.com/rubin-love/love-go/love/commander/salcommander"
	"github.com/rubin-love/love-go/love/history/efdhttp"
)

// commanderFlags are the settings of `loved commander`.
type commanderFlags struct {
	listen  string
	sal     salFlags
	timeout secondsFlag
	conn    clientFlags
	traces  tracingFlags
	efds    efdFlags
	archive string
	log     logFlags
	debug   debugFlags
}

func (a *app) commanderCommand() *cobra.Command {
	var f commanderFlags
	cmd := &cobra.Command{
		Use:   "commander",
		Short: "Run a commander: commands, SAL information and the LOVE CSC over HTTP",
		Long: `Run a LOVE-commander: its HTTP API over SAL, with the LOVE CSC that writes observing logs.
Give its address to a manager, this one (loved manager --commander) or the Python one.
The API has no log-in: let only managers reach it. With --sal sim each process simulates an
observatory of its own; use loved demo for commands whose effect producers publish.

With --efd or --archive it also answers the LOVE-frontend's plots, event log and night report, from
the EFDs by their names and from the archive as "archive".`,
		Example: `  loved commander --sal sim
  loved commander --sal sim --archive /var/lib/love/archive --efd summit_efd=http://influxdb:8086
  LSST_TOPIC_SUBNAME=sal loved commander --sal-interfaces ts_xml
  loved manager --commander http://127.0.0.1:5000 …`,
		Args: exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.runCommander(cmd.Context(), &f)
		},
	}
	f.register(cmd.Flags())
	return withConfig(cmd, "commander")
}

func (f *commanderFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.listen, "listen", "127.0.0.1:5000", "`ADDRESS` of the HTTP API")
	bindEnv(fs, "listen", "LOVED_LISTEN")
	f.sal.register(fs)
	f.timeout = secondsFlag(10 * time.Second)
	fs.Var(&f.timeout, "command-timeout", "how long a command may take, in `SECONDS` or as 1m30s; progress extends it")
	bindEnv(fs, "command-timeout", "COMMAND_TIMEOUTS")
	fs.StringVar(&f.conn.manager, "manager", "", "`URL` of a manager, to take observing logs from its websocket too (default none)")
	bindEnv(fs, "manager", "WEBSOCKET_HOST", "LOVED_MANAGER")
	fs.StringVar(&f.conn.processPassword, "process-password", "", "`PASSWORD` of processes at the manager")
	bindEnv(fs, "process-password", "PROCESS_CONNECTION_PASS")
	markSecret(fs, escaped, "process-password")
	f.traces.register(fs)
	f.efds.register(fs)
	fs.StringVar(&f.archive, "archive", "", "`FOLDER` into which a manager on this machine records, to answer from it (default none)")
	bindEnv(fs, "archive", "LOVED_ARCHIVE")
	f.log.register(fs, slog.LevelInfo)
	f.log.registerLimit(fs)
	f.debug.register(fs)
}

func (a *app) runCommander(ctx context.Context, f *commanderFlags) error {
	log, flush, err := f.log.limited(a.stderr)
	if err != nil {
		return err
	}
	defer flush()
	endDebug, err := f.debug.serve(log)
	if err != nil {
		return err
	}
	defer endDebug()
	if err := f.efds.check(); err != nil {
		return &usageError{err}
	}
	if err := ownResources().checkServer("commander"); err != nil {
		return err
	}
	bus, love, err := a.openAsLOVE(ctx, &f.sal, log)
	if err != nil {
		return err
	}
	defer bus.close()
	parts := []func(context.Context) error{love.Run}
	if f.conn.manager != "" {
		manager, err := client.New(f.conn.manager, client.WithProcessPassword(f.conn.processPassword), client.WithLogger(log))
		if err != nil {
			return &usageError{err}
		}
		parts = append(parts, manager.Run, func(ctx context.Context) error { return love.Listen(ctx, manager) })
	}
	listener, err := listen(f.listen)
	if err != nil {
		return err
	}
	traces, err := f.traces.open(ctx, "loved-commander", log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer traces.close()
	executor := salcommander.New(bus.domain)
	parts = append(parts, func(ctx context.Context) error {
		return commanderhttp.Serve(ctx, httpserver.Listener(listener, log), commanderhttp.Backend{
			Commander: traces.commander(executor), Informer: executor, Heartbeater: executor, Logbook: love,
		}, commanderhttp.WithTimeout(time.Duration(f.timeout)), commanderhttp.WithLogger(log), commanderhttp.WithWrap(traces.handler), f.past(siteEFD(a.env), log))
	})
	fmt.Fprintf(a.stdout, "LOVE commander at %s, of %s\n", urlOf(listener, ""), bus.description)
	return bus.run(ctx, parts...)
}

// past returns what serves the EFD part of the API.
func (f *commanderFlags) past(site string, log *slog.Logger) commanderhttp.HandlerOption {
	for _, name := range f.efds.names() {
		log.Info("EFD", "name", name, "address", f.efds.shown[name])
	}
	if f.archive != "" {
		log.Info("archive", "folder", f.archive)
		if info, err := os.Stat(f.archive); err != nil || !info.IsDir() {
			log.Warn("the folder of the archive is not there: it is answered from as soon as a manager on this machine records into it", "folder", f.archive)
		}
	}
	var paths []string
	for _, p := range efdhttp.Paths() {
		paths = append(paths, "/"+p)
	}
	return commanderhttp.WithPaths(efdAPI(&f.efds, f.archive, site, log), paths...)
}

// openAsLOVE joins the bus that the flags name as the LOVE CSC. On a simulated
// bus it is the only LOVE CSC: the simulation leaves that component out.
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
