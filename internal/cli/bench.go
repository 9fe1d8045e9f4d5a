package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/internal/bench"
	"github.com/rubin-love/love-go/love/client"
)

// benchFlags describe a load. Each shape has its own defaults.
type benchFlags struct {
	conn          clientFlags
	core          int
	subscribersAt []string
	compare       string
	shape         *choice
	category      *choice
	load          bench.Load
	groups        int
	runs          int
	commands      int
	commander     string
	timeout       time.Duration
}

func (a *app) benchCommand() *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Put load on a manager and measure what arrives",
		Long: `Put load on a manager, this one or another, and measure what arrives. The shapes:

  single        one stream per message to 200 subscribers
  love          ten streams per message, as a LOVE-producer sends them
  component     the same, to subscribers of the component: ten streams in one message
  events        20 events per second beside the load of single, measured apart from it
  control-room  50 screens, each of 200 streams, of which 100 per second send something
  idle          10000 connections that do nothing; needs --pid
  reconnect     1000 clients connect at once, each for 50 event groups with snapshot=1
  stalled       runs with and without a reader that stops, alternating
  commands      runs with and without 2000 commands under way, alternating; needs
                a token beside the process password, and a manager whose --commander
                is this command's --commander-listen

With a process password and a log-in or token, subscribers connect as that user, as
screens do, and publishers as processes; with one of them all connect in that way.

With --compare, the shapes that publish are run with and without something, alternating:
"compression", or parameters of the connection such as "write_interval=0".

Give --pid when the manager runs on this machine, to see the CPU time and memory
it uses. Run the bench on a core of its own, the manager on another:

  taskset -c 1 loved bench --pid "$(pgrep -f 'loved manager')" --manager-core 0`,
		Args: exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.applyShape(cmd.Flags())
			if err := f.check(); err != nil {
				return &usageError{err}
			}
			to, err := a.target(cmd.Context(), f.conn)
			if err != nil {
				return err
			}
			if f.load.URL, err = to.socketURL(); err != nil {
				return &usageError{err}
			}
			if f.load.ReaderURLs, err = f.readerURLs(to); err != nil {
				return &usageError{err}
			}
			return a.runBench(cmd.Context(), &f, to)
		},
	}
	f.register(cmd.Flags())
	cmd.AddCommand(a.ceilingCommand(), a.ceilingWriterCommand())
	return cmd
}

// readerURLs returns where subscribers connect: as a user, if there is one.
func (f *benchFlags) readerURLs(to target) (urls []string, err error) {
	managers := f.subscribersAt
	if len(managers) == 0 {
		managers = []string{to.manager}
	}
	if to.token != "" {
		to.processPassword = ""
	}
	for _, to.manager = range managers {
		u, err := to.socketURL()
		if err != nil {
			return nil, err
		}
		urls = append(urls, u)
	}
	return urls, nil
}

func (f *benchFlags) register(fs *pflag.FlagSet) {
	f.conn.register(fs)
	f.shape = oneOf("single", "love", "component", "events", "control-room", "idle", "reconnect", "stalled", "commands")
	f.category = oneOf("telemetry", "event")
	fs.Var(f.shape, "shape", "what the load looks like")
	fs.Var(f.category, "category", "what is published")
	fs.IntVar(&f.load.Publishers, "publishers", 1, "connections that publish")
	fs.IntVar(&f.load.Subscribers, "subscribers", 200, "connections that receive everything, or are idle")
	fs.StringSliceVar(&f.subscribersAt, "subscribers-at", nil, "`URL` of another manager that acts as one with the first, for subscribers; of several, for some at each (default the same)")
	fs.IntVar(&f.load.Streams, "streams", 1, "streams in each message")
	fs.Float64Var(&f.load.Rate, "rate", 500, "messages per second, of all publishers together")
	fs.IntVar(&f.load.Payload, "payload", 200, "`BYTES` of the value of each stream")
	durationVar(fs, &f.load.Warmup, "warmup", 2*time.Second, "time before measuring")
	durationVar(fs, &f.load.Duration, "duration", 10*time.Second, "time to measure")
	durationVar(fs, &f.load.Settle, "settle", 3*time.Second, "how long to wait at the end for messages in transit")
	fs.IntVar(&f.load.PID, "pid", 0, "process `ID` of the manager, to report its CPU time and memory")
	fs.IntVar(&f.core, "manager-core", -1, "`CORE` of the machine to pin the manager of --pid to, with taskset(1) (default any)")
	fs.BoolVar(&f.load.Compressed, "compressed", false, "subscribers and idle clients offer permessage-deflate, and must get it")
	fs.BoolVar(&f.load.Component, "component", false, "subscribe to components, whose streams come in one message")
	fs.BoolVar(&f.load.Random, "random", false, "send each message at a random time of its turn, as sources that know nothing of each other")
	fs.Float64Var(&f.load.Events, "events", 0, "`NUMBER` of events per second, beside the load and measured apart from it")
	fs.StringVar(&f.compare, "compare", "", "what to run alternating with and without: \"compression\", or `PARAMETERS` of the connection, such as \"write_interval=0\"")
	fs.IntVar(&f.groups, "groups", 1, "subscriptions of each client: idle, reconnect")
	fs.IntVar(&f.runs, "runs", 10, "runs of each kind: stalled, commands, --compare")
	fs.IntVar(&f.commands, "commands", 2000, "commands under way: commands")
	fs.StringVar(&f.commander, "commander-listen", "127.0.0.1:5001", "`ADDRESS` of the commander that delays them: commands")
	durationVar(fs, &f.timeout, "timeout", time.Minute, "how long all clients may take to connect: reconnect")
}

// shapes are the defaults of the shapes where they differ from the flags' own.
var shapes = map[string]map[string]string{
	"love":         {"streams": "10", "rate": "50"},
	"component":    {"streams": "10", "rate": "50", "payload": "300", "component": "true"},
	"events":       {"events": "20"},
	"control-room": {"publishers": "200", "subscribers": "50", "rate": "100", "random": "true"},
	"idle":         {"subscribers": "10000", "warmup": "30s", "duration": "1m"},
	"reconnect":    {"subscribers": "1000", "groups": "50"},
	"stalled":      {"subscribers": "50", "streams": "10", "rate": "100", "warmup": "1s", "duration": "5s"},
	"commands":     {"subscribers": "50", "streams": "10", "rate": "100", "warmup": "1s", "duration": "5s"},
}

func (f *benchFlags) applyShape(fs *pflag.FlagSet) {
	applyDefaults(fs, shapes[f.shape.value])
	f.load.Category = f.category.value
}

// applyDefaults sets the flags that are not given.
func applyDefaults(fs *pflag.FlagSet, values map[string]string) {
	for name, value := range values {
		if !fs.Changed(name) {
			_ = fs.Lookup(name).Value.Set(value) // the tables hold valid values only
		}
	}
}

// check refuses values that are impossible for the shape.
func (f *benchFlags) check() error {
	interleaved := f.shape.value == "stalled" || f.shape.value == "commands"
	publishes := !interleaved && f.shape.value != "idle" && f.shape.value != "reconnect"
	switch {
	case f.compare != "" && !publishes:
		return fmt.Errorf("--compare does not go with the shape %s: it is for those that publish, and compare nothing themselves", f.shape.value)
	case f.compare == bench.Compressed.Name && f.load.Compressed:
		return errors.New("--compare compression runs with and without it: leave out --compressed")
	case f.core >= 0 && f.load.PID == 0:
		return errors.New("--manager-core needs --pid, the manager that is pinned")
	case (interleaved || f.compare != "") && f.runs < 1:
		return fmt.Errorf("--runs is %d: give at least 1", f.runs)
	case f.shape.value == "commands" && f.commands < 1:
		return fmt.Errorf("--commands is %d: give at least 1", f.commands)
	}
	if err := f.load.Check(); err != nil {
		return err
	}
	return f.checkDescriptors(ownResources().descriptors)
}

// checkDescriptors refuses a load for which the process may not open enough files.
// descriptors is 0 if that is unknown.
func (f *benchFlags) checkDescriptors(descriptors int) error {
	const others = 64
	need := f.load.Subscribers + f.load.Publishers + others
	what := fmt.Sprintf("%d subscribers and %d publishers", f.load.Subscribers, f.load.Publishers)
	if f.shape.value == "commands" {
		need += 2 * f.commands // requests to the manager, and those of the manager to the commander
		what += fmt.Sprintf(" beside %d commands", f.commands)
	}
	if descriptors > 0 && need > descriptors {
		return fmt.Errorf("%s need %d file descriptors, and this process may open only %d: %s, or give less", what, need, descriptors, more)
	}
	return nil
}

// socketURL returns where to connect, with the credentials in the query: it
// must not be logged.
func (to target) socketURL() (string, error) {
	u, err := client.SocketURL(to.manager)
	if err != nil {
		return "", err
	}
	q := u.Query()
	if to.processPassword != "" {
		q.Set("password", to.processPassword)
	} else {
		q.Set("token", to.token)
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

func (a *app) runBench(ctx context.Context, f *benchFlags, to target) error {
	l := f.load
	if f.core >= 0 {
		if err := pin(ctx, l.PID, f.core); err != nil {
			return err
		}
	}
	var report fmt.Stringer
	var err error
	switch shape := f.shape.value; {
	case f.compare != "":
		report, err = a.runInterleaved(ctx, f, f.comparison())
	case shape == "idle":
		report, err = bench.Idle{
			URL: l.URL, PID: l.PID, Clients: l.Subscribers, Groups: f.groups, Warmup: l.Warmup, Duration: l.Duration, Compressed: l.Compressed,
		}.Run(ctx)
	case shape == "reconnect":
		report, err = bench.Storm{
			URL: l.URL, PID: l.PID, Clients: l.Subscribers, Groups: f.groups, Payload: l.Payload, Timeout: f.timeout, Compressed: l.Compressed,
		}.Run(ctx)
	case shape == "stalled":
		report, err = a.runInterleaved(ctx, f, bench.StoppedReader)
	case shape == "commands":
		report, err = a.runSlowCommands(ctx, f, to)
	default:
		var r bench.Report
		r, err = l.Run(ctx)
		report = &r
	}
	if err != nil {
		return withHint(err)
	}
	fmt.Fprint(a.stdout, report)
	return nil
}

// comparison returns what --compare names.
func (f *benchFlags) comparison() bench.Disturbance {
	if f.compare == bench.Compressed.Name {
		return bench.Compressed
	}
	return bench.Query(f.compare)
}

// pin has all threads of a process run on one core.
func pin(ctx context.Context, pid, core int) error {
	output, err := exec.CommandContext(ctx, "taskset", "-a", "-c", "-p", strconv.Itoa(core), strconv.Itoa(pid)).CombinedOutput()
	if err != nil {
		return fmt.Errorf("pinning the manager to core %d: %w: %s", core, err, bytes.TrimSpace(output))
	}
	return nil
}

func (a *app) runSlowCommands(ctx context.Context, f *benchFlags, to target) (fmt.Stringer, error) {
	if to.token == "" || to.processPassword == "" {
		return nil, usagef("the shape commands needs --token of a user who may command, and --process-password to publish")
	}
	url, err := client.APIURL(to.manager, "/cmd/")
	if err != nil {
		return nil, &usageError{err}
	}
	commander, err := net.Listen("tcp", f.commander)
	if err != nil {
		return nil, fmt.Errorf("starting the commander: %w", err)
	}
	s := bench.NewSlowCommands(commander, url, to.token, f.commands)
	defer s.Close()
	return a.runInterleaved(ctx, f, s.Disturbance())
}

func (a *app) runInterleaved(ctx context.Context, f *benchFlags, d bench.Disturbance) (fmt.Stringer, error) {
	return bench.InterleavedRuns{Load: f.load, Runs: f.runs, Disturbance: d}.Run(ctx, func(r bench.Report, disturbed bool) {
		kind := "without"
		if disturbed {
			kind = "with   "
		}
		fmt.Fprintf(a.stdout, "%s %s: p99 %v", kind, d.Name, r.Probe().Quantile(.99).Round(10*time.Microsecond))
		if r.Load.PID != 0 {
			fmt.Fprintf(a.stdout, ", %v CPU per delivery", r.PerDelivery())
		}
		fmt.Fprintln(a.stdout)
	})
}
