package cli

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/commander/lovecsc"
	"github.com/rubin-love/love-go/love/commander/salcommander"
	"github.com/rubin-love/love-go/love/dashboard"
	"github.com/rubin-love/love-go/love/external"
	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal/sim"
	"github.com/rubin-love/love-go/love/server"
)

const (
	// demoDrain lets the demo end within a second of Ctrl-C.
	demoDrain = 500 * time.Millisecond
	// demoCommandTimeout is how long the observatory's commander waits.
	demoCommandTimeout = 10 * time.Second
	// demoPeriod is the period of telemetry, shorter than the two seconds of a real
	// producer.
	demoPeriod = time.Second
	// demoArchive is how many bytes the archive keeps; a day needs less.
	demoArchive = 2 << 30
)

// demo is a whole observatory with LOVE in one process.
type demo struct {
	*observatory
	server   *server.Server
	csc      *lovecsc.CSC
	listener net.Listener
	session  session
	first    bool // no other demo of this user runs
	program  string
	archive  string        // a temporary folder; empty if there is none
	produced chan struct{} // closed when the producers have ended
	frontend http.Handler  // nil: none
}

func (a *app) demoCommand() *cobra.Command {
	var address string
	var log logFlags
	var frontend frontendFlags
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run everything in one process, with a simulated observatory",
		Long: `Run a simulated observatory, its producers, the commander and the manager with its page
in one process, on this machine only. While it runs, the client commands of the same user need no flags.
What happens is recorded into a temporary folder, for loved history.`,
		Args: exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			page, closePage, err := frontend.open("")
			if err != nil {
				return err
			}
			defer closePage()
			listener, err := listen(address)
			if err != nil {
				return err
			}
			return a.runDemo(cmd.Context(), listener, page, log.logger(a.stderr))
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&address, "listen", defaultListen, "`ADDRESS` of HTTP and websocket")
	bindEnv(fs, "listen", "LOVED_LISTEN")
	frontend.register(fs)
	log.register(fs, slog.LevelWarn)
	return cmd
}

// runDemo runs a demo until ctx ends, with a frontend if it is not nil.
func (a *app) runDemo(ctx context.Context, listener net.Listener, frontend http.Handler, log *slog.Logger) error {
	d := &demo{
		observatory: newObservatory(sim.Definitions(), log, lovecsc.Component),
		listener:    listener,
		frontend:    frontend,
		session:     newDemoSession(urlOf(listener, "")),
		program:     a.programName(),
		produced:    make(chan struct{}),
	}
	defer d.close()
	defer d.makeArchive()()
	others, err := readSessions(a.env)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	d.first = !slices.ContainsFunc(others, session.answers)
	if d.csc, err = lovecsc.New(ctx, d.domain, lovecsc.WithLogger(log)); err != nil {
		return errors.Join(err, listener.Close())
	}
	services, err := external.New(external.Config{EFD: efdAPI(&efdFlags{}, d.archive, external.DefaultEFDInstance, log), Logger: log})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer services.Close()
	config := d.serverConfig()
	config.Routes = append(config.Routes, services.Routes()...)
	if d.server, err = server.New(ctx, config); err != nil {
		return errors.Join(err, listener.Close())
	}
	return runAll(ctx, d.Run, d.produce, d.serve, d.csc.Run, d.writeLogs,
		func(ctx context.Context) error { return d.announce(ctx, a) })
}

// makeArchive makes a folder for the archive, and returns what removes it. Without one the
// demo records nothing.
func (d *demo) makeArchive() (remove func()) {
	dir, err := os.MkdirTemp("", "loved-demo-*")
	if err != nil {
		d.log.Warn("the demo records nothing: loved history will not answer", "error", err)
		return func() {}
	}
	d.archive = dir
	return func() {
		if err := os.RemoveAll(dir); err != nil {
			d.log.Warn("the demo's archive cannot be removed", "error", err)
		}
	}
}

// newDemoSession returns a session with random passwords, short enough to type
// and strong enough for as long as a demo runs.
func newDemoSession(url string) session {
	s := session{Manager: url, Started: time.Now(), ProcessPassword: rand.Text(), Users: map[string]string{}}
	for _, u := range auth.DefaultUsers() {
		s.Users[u.Username] = strings.ToLower(rand.Text()[:12])
	}
	return s
}

func (d *demo) serverConfig() server.Config {
	version, _ := buildVersion()
	return server.Config{
		Passwords:       d.session.Users,
		ProcessPassword: d.session.ProcessPassword,
		Commander:       salcommander.New(d.domain),
		CommandTimeout:  demoCommandTimeout,
		Logbook:         d.csc,
		Name:            "demo",
		Authority:       true,
		Archive:         archive.Config{Dir: d.archive, MaxBytes: demoArchive, Fields: fieldsOf(sim.Definitions())},
		Page: dashboard.New(dashboard.Info{
			Version: version, Started: time.Now(), Program: d.program, Examples: d.examples(),
			Runs: []string{
				"a simulated observatory: " + strings.Join(d.Components(), ", "),
				"their producers, the commander and the LOVE CSC",
				"the manager: websocket hub, log-in and commands, and an archive for as long as it runs",
			},
		}),
		Frontend:     d.frontend,
		DrainTimeout: demoDrain,
		Logger:       d.log,
	}
}

// serve serves until ctx and the producers have ended: they would report that the hub is
// closed.
func (d *demo) serve(ctx context.Context) error {
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	context.AfterFunc(ctx, func() {
		<-d.produced
		stop()
	})
	return d.server.Serve(serving, d.listener)
}

// produce publishes all components directly to the hub.
func (d *demo) produce(ctx context.Context) error {
	defer close(d.produced)
	local := d.server.Hub().Local(auth.Principal{Process: true})
	defer local.Close()
	c := producer.NewClient(producer.InProcess(local), producer.WithLogger(d.log))
	set, err := producer.NewSet(d.factory(producer.WithPeriod(demoPeriod)), c, append(d.Components(), lovecsc.Component))
	if err != nil {
		return err
	}
	return set.Run(ctx)
}

// writeLogs writes the observing logs that screens publish. It gets them from the
// hub directly, as there is no websocket between the parts of a demo.
func (d *demo) writeLogs(ctx context.Context) error {
	for m, err := range d.server.Hub().Subscribe(ctx, lovecsc.Group()) {
		if err != nil {
			return ctx.Err()
		}
		if err := d.csc.Receive(ctx, m.Raw); err != nil {
			d.log.Warn("ignored a message to the LOVE CSC", "error", err)
		}
	}
	return nil
}

// announce keeps the session file while the demo runs, and prints the banner as
// soon as everything is ready.
func (d *demo) announce(ctx context.Context, a *app) error {
	admin, err := d.server.Users().Lookup(ctx, "admin")
	if err != nil {
		return err
	}
	if d.session.Token, err = d.server.Tokens().Issue(ctx, admin); err != nil {
		return err
	}
	remove, err := d.session.save(a.env)
	if err != nil {
		return err
	}
	defer remove()
	select {
	case <-d.Ready():
		fmt.Fprint(a.stdout, d.banner(a.width()))
	case <-ctx.Done():
	}
	<-ctx.Done()
	return nil
}

// examples are commands to try, without the program's name.
func (d *demo) examples() []string {
	manager := ""
	if !d.first {
		manager = " --manager " + d.session.Manager
	}
	return []string{
		"sub --pretty" + manager + " telemetry-ATDome-0-position",
		"cmd" + manager + " ATDome moveAzimuth azimuth=90",
		"sub --pretty" + manager + " event-ATDome-0-summaryState event-ATDome-0-azimuthState",
		"history" + manager + " ATDome position azimuthPosition --last 10m",
	}
}

// banner describes what runs, how to log in and what to try, in lines of at most width
// characters; 0 means 80.
func (d *demo) banner(width int) string {
	var b strings.Builder
	components := "LOVE demo: a simulated observatory with " + strings.Join(d.Components(), ", ")
	fmt.Fprintf(&b, "\n%s\n\n", indented(components, cmp.Or(width, 80)))
	fmt.Fprintf(&b, "    Page    %s\n", d.session.Manager)
	label := "Log in"
	for _, u := range []struct{ name, rights string }{
		{"admin", "may do everything"}, {"cmd_user", "may command"}, {"user", "may look"},
	} {
		fmt.Fprintf(&b, "    %-7s %-9s %s   %s\n", label, u.name, d.session.Users[u.name], u.rights)
		label = ""
	}
	b.WriteString("\n  Try in another terminal:\n\n")
	for _, example := range d.examples() {
		fmt.Fprintf(&b, "    %s %s\n", d.program, example)
	}
	b.WriteString("\n  Ctrl-C ends it.\n\n")
	return b.String()
}

// indented breaks a text between its words into lines of at most width characters, with
// two spaces before each.
func indented(text string, width int) string {
	var b strings.Builder
	length := 0
	for word := range strings.FieldsSeq(text) {
		switch {
		case length == 0:
			b.WriteString("  ")
			length = 2
		case length+1+len(word) > width:
			b.WriteString("\n  ")
			length = 2
		default:
			b.WriteByte(' ')
			length++
		}
		b.WriteString(word)
		length += len(word)
	}
	return b.String()
}
