package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/rubin-love/love-go/internal/bench"
)

// ceilingShapes are the defaults of the shapes where they differ from the flags' own.
var ceilingShapes = map[string]map[string]string{
	"control-room": {"connections": "50", "rate": "5000"},
}

func (a *app) ceilingCommand() *cobra.Command {
	var c bench.Ceiling
	var core int
	shape := oneOf("single", "control-room")
	cmd := &cobra.Command{
		Use:   "ceiling",
		Short: "Measure the bare cost of writing frames to sockets on this machine",
		Long: `Measure the bare cost of writing frames to sockets on this machine: one frame per
system call (R1) and sixteen (R16), by a process that does nothing else. The cost of a
delivery by a manager is best given as a multiple of these, at the same rhythm: a write
costs more where the process sleeps before it.`,
		Example: `  taskset -c 1 loved bench ceiling --writer-core 0
  taskset -c 1 loved bench ceiling --writer-core 0 --shape control-room`,
		Args: exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			applyDefaults(cmd.Flags(), ceilingShapes[shape.value])
			c.Write = func(ctx context.Context, w bench.Writer) (bench.Cost, error) { return runWriterProcess(ctx, w, core) }
			r, err := c.Run(cmd.Context())
			if err == nil {
				fmt.Fprint(a.stdout, r)
			}
			return err
		},
	}
	fs := cmd.Flags()
	fs.Var(shape, "shape", "whose rhythm it has")
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
