package sim

import (
	"context"
	"time"

	"github.com/rubin-love/love-go/love/sal"
)

// testComponent is the component Test, for tests of programs and libraries: the values
// of setScalars and setArrays come back as an event and telemetry, wait takes as long
// as its duration, fault brings it to FAULT.
type testComponent struct{ *csc }

func newTest(c *csc) testComponent {
	c.mode = 0
	return testComponent{c}
}

func (t testComponent) begin(context.Context)                          {}
func (t testComponent) enable(context.Context, bool)                   {}
func (t testComponent) step(context.Context, time.Time, time.Duration) {}

func (t testComponent) commands() map[string]command {
	return map[string]command{
		"setScalars": t.copyTo("scalars"),
		"setArrays":  t.copyTo("arrays"),
	}
}

func (t testComponent) copyTo(topic string) command {
	return func(ctx context.Context, s *sal.Sample) error {
		t.log.Info("executing " + s.Topic().Name)
		values := sal.Values{}
		for _, f := range s.Topic().Own() {
			values[f.Name] = s.Value(f.Name)
		}
		t.write(ctx, "evt_"+topic, values)
		t.write(ctx, "tel_"+topic, values)
		return nil
	}
}

func (t testComponent) slowCommands() map[string]sal.Handler {
	return map[string]sal.Handler{"wait": t.wait, "fault": t.handler(t.fail)}
}

// fail is allowed in any state but OFFLINE.
func (t testComponent) fail(ctx context.Context, _ *sal.Sample) error {
	t.log.Warn("executing the fault command")
	t.fault(ctx, Fault{Code: 1, Report: "executing the fault command"})
	return nil
}

// wait reports how long it will take if the duration is positive; for a negative one it
// waits without a report.
func (t testComponent) wait(ctx context.Context, s *sal.Sample) error {
	if err := t.call(ctx, t.assertEnabled); err != nil {
		return err
	}
	d := time.Duration(s.Float("duration") * float64(time.Second))
	if d >= 0 {
		if err := t.Progress(ctx, s, d); err != nil {
			return err
		}
	}
	timer := t.domain.Clock().NewTimer(d.Abs())
	defer timer.Stop()
	select {
	case <-timer.C():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
