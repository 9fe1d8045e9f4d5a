package sim

import (
	"context"
	"time"

	"github.com/rubin-love/love-go/love/sal"
)

// testCSC is the component Test, which programs and libraries are tested with:
// what it is told with setScalars and setArrays comes back as event and
// telemetry, wait takes the time that it is told, fault brings it to FAULT.
type testCSC struct{ *csc }

func newTest(c *csc) testCSC {
	c.mode = 0
	return testCSC{c}
}

func (t testCSC) begin(context.Context)                          {}
func (t testCSC) enable(context.Context, bool)                   {}
func (t testCSC) step(context.Context, time.Time, time.Duration) {}

func (t testCSC) commands() map[string]command {
	return map[string]command{
		"setScalars": t.copyTo("scalars"),
		"setArrays":  t.copyTo("arrays"),
	}
}

func (t testCSC) copyTo(topic string) command {
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

func (t testCSC) slowCommands() map[string]sal.Handler {
	return map[string]sal.Handler{"wait": t.wait, "fault": t.handler(t.fail)}
}

// fail is allowed in any state but OFFLINE.
func (t testCSC) fail(ctx context.Context, _ *sal.Sample) error {
	t.log.Warn("executing the fault command")
	t.fault(ctx, Fault{Code: 1, Report: "executing the fault command"})
	return nil
}

// wait tells how long it will take if the duration is positive; a negative one
// is waited for without a word.
func (t testCSC) wait(ctx context.Context, s *sal.Sample) error {
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
