package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
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
	conn      clientFlags
	shape     *choice
	category  *choice
	load      bench.Load
	groups    int
	runs      int
	commands  int
	commander string
	timeout   time.Duration
}

func (a *app) benchCommand() *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Put load on a manager and measure what arrives",
		Long: `Put load on a manager, this one or another, and measure what arrives. The shapes:

  single     one stream per message to 200 subscribers
  love       ten streams per message, as a LOVE-producer sends them
  idle       10000 connections that do nothing; needs --pid
  reconnect  1000 clients connect at once, each for 50 event groups with snapshot=1
  stalled    runs with and without a reader that stops, alternating
  commands   runs with and without 2000 commands under way, alternating; needs
             a token beside the process password, and a manager whose --commander
             is this command's --commander-listen

Give --pid when the manager runs on this machine, to see the CPU time and memory
it uses. Run the bench on a core of its own, the manager on another:

  taskset -c 0 loved manager …
  taskset -c 1 loved bench --pid "$(pgrep -f 'loved manager')"`,
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
			return a.runBench(cmd.Context(), &f, to)
		},
	}
	f.register(cmd.Flags())
	cmd.AddCommand(a.ceilingCommand(), a.ceilingWriterCommand())
	return cmd
}

func (f *benchFlags) register(fs *pflag.FlagSet) {
	f.conn.register(fs)
	f.shape = oneOf("single", "love", "idle", "reconnect", "stalled", "commands")
	f.category = oneOf("telemetry", "event")
	fs.Var(f.shape, "shape", "what the load looks like")
	fs.Var(f.category, "category", "what is published")
	fs.IntVar(&f.load.Publishers, "publishers", 1, "connections that publish")
	fs.IntVar(&f.load.Subscribers, "subscribers", 200, "connections that receive everything, or are idle")
	fs.IntVar(&f.load.Streams, "streams", 1, "streams in each message")
	fs.Float64Var(&f.load.Rate, "rate", 500, "messages per second, of all publishers together")
	fs.IntVar(&f.load.Payload, "payload", 200, "`BYTES` of the value of each stream")
	durationVar(fs, &f.load.Warmup, "warmup", 2*time.Second, "time before measuring")
	durationVar(fs, &f.load.Duration, "duration", 10*time.Second, "time to measure")
	durationVar(fs, &f.load.Settle, "settle", 3*time.Second, "how long to wait at the end for messages in transit")
	fs.IntVar(&f.load.PID, "pid", 0, "process `ID` of the manager, to report its CPU time and memory")
	fs.IntVar(&f.groups, "groups", 1, "subscriptions of each client: idle, reconnect")
	fs.IntVar(&f.runs, "runs", 10, "runs of each kind: stalled, commands")
	fs.IntVar(&f.commands, "commands", 2000, "commands under way: commands")
	fs.StringVar(&f.commander, "commander-listen", "127.0.0.1:5001", "`ADDRESS` of the commander that delays them: commands")
	durationVar(fs, &f.timeout, "timeout", time.Minute, "how long all clients may take to connect: reconnect")
}

// shapes are the defaults of the shapes where they differ from the flags' own.
var shapes = map[string]map[string]string{
	"love":      {"streams": "10", "rate": "50"},
	"idle":      {"subscribers": "10000", "warmup": "30s", "duration": "1m"},
	"reconnect": {"subscribers": "1000", "groups": "50"},
	"stalled":   {"subscribers": "50", "streams": "10", "rate": "100", "warmup": "1s", "duration": "5s"},
	"commands":  {"subscribers": "50", "streams": "10", "rate": "100", "warmup": "1s", "duration": "5s"},
}

func (f *benchFlags) applyShape(fs *pflag.FlagSet) {
	for name, value := range shapes[f.shape.value] {
		if !fs.Changed(name) {
			_ = fs.Lookup(name).Value.Set(value) // the table holds valid values only
		}
	}
	f.load.Category = f.category.value
}

// check refuses values that are impossible for the shape.
func (f *benchFlags) check() error {
	interleaved := f.shape.value == "stalled" || f.shape.value == "commands"
	switch {
	case interleaved && f.runs < 1:
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
	var report fmt.Stringer
	var err error
	switch f.shape.value {
	case "idle":
		report, err = bench.Idle{
			URL: l.URL, PID: l.PID, Clients: l.Subscribers, Groups: f.groups, Warmup: l.Warmup, Duration: l.Duration,
		}.Run(ctx)
	case "reconnect":
		report, err = bench.Storm{
			URL: l.URL, PID: l.PID, Clients: l.Subscribers, Groups: f.groups, Payload: l.Payload, Timeout: f.timeout,
		}.Run(ctx)
	case "stalled":
		report, err = a.runInterleaved(ctx, f, bench.StoppedReader)
	case "commands":
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
		fmt.Fprintf(a.stdout, "%s %s: p99 %v\n", kind, d.Name, r.Latency.Quantile(.99).Round(10*time.Microsecond))
	})
}

func (a *app) ceilingCommand() *cobra.Command {
	var c bench.Ceiling
	var core int
	cmd := &cobra.Command{
		Use:   "ceiling",
		Short: "Measure the bare cost of writing frames to sockets on this machine",
		Long: `Measure the bare cost of writing frames to sockets on this machine: one frame per
system call (R1) and sixteen (R16), by a process that does nothing else. The cost of a
delivery by a manager is best given as a multiple of these.`,
		Example: `  taskset -c 1 loved bench ceiling --writer-core 0`,
		Args:    exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c.Write = func(ctx context.Context, w bench.Writer) (bench.Cost, error) { return runWriterProcess(ctx, w, core) }
			r, err := c.Run(cmd.Context())
			if err == nil {
				fmt.Fprint(a.stdout, r)
			}
			return err
		},
	}
	fs := cmd.Flags()
	fs.IntVar(&c.Connections, "connections", 200, "TCP connections")
	fs.IntVar(&c.Frame, "frame", 500, "`BYTES` of a frame")
	fs.Float64Var(&c.Rate, "rate", 100_000, "frames per second, to all connections together")
	durationVar(fs, &c.Duration, "duration", 5*time.Second, "time to measure, for each of the two")
	fs.IntVar(&core, "writer-core", -1, "`CORE` of the machine for the writer, with taskset(1) (default any)")
	return cmd
}

// runWriterProcess runs a writer in a second process of this program.
func runWriterProcess(ctx context.Context, w bench.Writer, core int) (cost bench.Cost, err error) {
	self, err := os.Executable()
	if err != nil {
		return cost, err
	}
	job, err := json.Marshal(w)
	if err != nil {
		return cost, err
	}
	args := []string{self, "bench", ceilingWriter, string(job)}
	if core >= 0 {
		args = append([]string{"taskset", "-c", strconv.Itoa(core)}, args...)
	}
	process := exec.CommandContext(ctx, args[0], args[1:]...)
	process.Stderr = os.Stderr
	output, err := process.Output()
	if err != nil {
		return cost, fmt.Errorf("running the writer: %w", err)
	}
	return cost, json.Unmarshal(output, &cost)
}

const ceilingWriter = "ceiling-writer"

// ceilingWriterCommand is the second process of the ceiling command.
func (a *app) ceilingWriterCommand() *cobra.Command {
	return &cobra.Command{
		Use:    ceilingWriter + " JOB",
		Hidden: true,
		Args:   exactArgs("JOB"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var w bench.Writer
			if err := json.Unmarshal([]byte(args[0]), &w); err != nil {
				return &usageError{err}
			}
			cost, err := w.Run(cmd.Context())
			if err != nil {
				return err
			}
			return json.NewEncoder(a.stdout).Encode(cost)
		},
	}
}
