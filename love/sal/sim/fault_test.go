package sim_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// only selects components, and script queues that add no scripts themselves.
func only(names ...string) []sim.Option {
	return []sim.Option{sim.WithComponents(names...), sim.WithEmptyQueues()}
}

// number returns a field of the newest sample.
func number(t *testing.T, r *sal.Remote, attr, field string) float64 {
	t.Helper()
	synctest.Wait()
	s, ok := r.Latest(attr)
	require.True(t, ok, attr)
	if s.Bool(field) {
		return 1
	}
	return s.Float(field)
}

// do sends a command that must succeed.
func do(t *testing.T, r *sal.Remote, command string, values sal.Values) string {
	t.Helper()
	a, err := r.Command(t.Context(), command, values, sal.WithTimeout(time.Minute))
	require.NoError(t, err)
	synctest.Wait()
	return a.Result
}

// refused sends a command that must fail.
func refused(t *testing.T, r *sal.Remote, want, command string, values sal.Values) {
	t.Helper()
	_, err := r.Command(t.Context(), command, values, sal.WithTimeout(time.Minute))
	var failed *sal.AckError
	require.ErrorAs(t, err, &failed)
	require.Contains(t, failed.Ack.Result, want)
}

func TestPlannedFaultOccursAndIsRecovered(t *testing.T) {
	opts := append(only("ATDome"), sim.WithFault(sim.Fault{Component: "ATDome", After: 2 * time.Minute, Code: 7, Report: "a door jams"}))
	runObservatory(t, opts, func(t *testing.T, ctx context.Context, d *sal.Domain) {
		r := remote(t, ctx, d, "ATDome", 0)
		pass(time.Minute)
		require.EqualValues(t, sal.Enabled, number(t, r, "evt_summaryState", "summaryState"))
		pass(2 * time.Minute)
		require.EqualValues(t, sal.Fault, number(t, r, "evt_summaryState", "summaryState"))
		require.EqualValues(t, 7, number(t, r, "evt_errorCode", "errorCode"))
		log, _ := r.Latest("evt_logMessage")
		require.Contains(t, log.Text("message"), "a door jams")
		require.EqualValues(t, 50, log.Int("level"))
		refused(t, r, "Not allowed in state=<State.FAULT: 3>", "moveAzimuth", nil)
		do(t, r, "standby", nil)
		require.Zero(t, number(t, r, "evt_errorCode", "errorCode"))
		do(t, r, "start", nil)
		do(t, r, "enable", nil)
		require.EqualValues(t, sal.Enabled, number(t, r, "evt_summaryState", "summaryState"))
	})
}

func TestOperatorCanStartAComponentThatFails(t *testing.T) {
	opts := append(only("MTMount"), sim.WithInitialState(sal.Standby))
	runObservatory(t, opts, func(t *testing.T, ctx context.Context, d *sal.Domain) {
		r := remote(t, ctx, d, "MTMount", 0)
		available, _ := r.Latest("evt_configurationsAvailable")
		require.Equal(t, "faulty.yaml", available.Text("overrides"))
		refused(t, r, "there is no configuration better.yaml", "start", sal.Values{"configurationOverride": "better.yaml"})
		do(t, r, "start", sal.Values{"configurationOverride": "faulty.yaml"})
		do(t, r, "enable", nil)
		pass(2 * time.Minute)
		require.EqualValues(t, sal.Fault, number(t, r, "evt_summaryState", "summaryState"))
		do(t, r, "standby", nil)
		do(t, r, "start", nil)
		do(t, r, "enable", nil)
		pass(time.Hour)
		require.EqualValues(t, sal.Enabled, number(t, r, "evt_summaryState", "summaryState"))
	})
}

func TestFaultMakesAComponentFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := sal.NewDomain(sim.NewBus(), sim.Definitions())
		o := sim.NewObservatory(d, only("MTHexapod:1")...)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- o.Run(ctx) }()
		r, err := d.Remote(ctx, "MTHexapod", 1)
		require.NoError(t, err)
		require.NoError(t, o.Fault(ctx, sim.Fault{Component: "MTHexapod:1", Code: 3, Report: "a strut is stuck"}))
		require.EqualValues(t, sal.Fault, number(t, r, "evt_summaryState", "summaryState"))
		err = o.Fault(ctx, sim.Fault{Component: "MTHexapod:2"})
		require.ErrorContains(t, err, `no simulated component "MTHexapod:2" can fail; there are [MTHexapod:1]`)
		stop()
		require.NoError(t, <-ended)
		require.NoError(t, d.Close())
	})
}

func TestObservatoryRefusesUnknownComponents(t *testing.T) {
	for name, want := range map[string]string{
		"MTHexapod": "MTHexapod has instances; say which",
		"Nothing":   `there is no component "Nothing"`,
		"Script:5":  "Script cannot be simulated",
	} {
		d := sal.NewDomain(sim.NewBus(), sim.Definitions())
		err := sim.NewObservatory(d, sim.WithComponents("ATDome", name)).Run(t.Context())
		require.ErrorContains(t, err, want)
		require.NoError(t, d.Close())
	}
}
