package sim_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/enums"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// alarms returns the newest sample of each alarm by name.
func alarms(t *testing.T, r *sal.Remote) func(name string) *sal.Sample {
	var mu sync.Mutex
	newest := map[string]*sal.Sample{}
	_, err := r.Subscribe("evt_alarm", func(s *sal.Sample) {
		mu.Lock()
		defer mu.Unlock()
		newest[s.Text("name")] = s
	})
	require.NoError(t, err)
	return func(name string) *sal.Sample {
		mu.Lock()
		defer mu.Unlock()
		return newest[name]
	}
}

func severities(s *sal.Sample) []enums.AlarmSeverity {
	return []enums.AlarmSeverity{enums.AlarmSeverity(s.Int("severity")), enums.AlarmSeverity(s.Int("maxSeverity"))}
}

const domeAlarm = "Enabled.ATDome"

func TestAlarmFollowsTheStateOfAComponent(t *testing.T) {
	runObservatory(t, only("ATDome", "Watcher"), func(t *testing.T, ctx context.Context, d *sal.Domain) {
		watcher, dome := remote(t, ctx, d, "Watcher", 0), remote(t, ctx, d, "ATDome", 0)
		got := alarms(t, watcher)
		pass(time.Minute)
		require.Nil(t, got(domeAlarm), "nothing is wrong")

		do(t, dome, "disable", nil)
		pass(2 * time.Second)
		require.Equal(t, []enums.AlarmSeverity{enums.AlarmWarning, enums.AlarmWarning}, severities(got(domeAlarm)))
		require.Equal(t, "is in DISABLED", got(domeAlarm).Text("reason"))
		do(t, dome, "enable", nil)
		pass(2 * time.Second)
		require.Equal(t, []enums.AlarmSeverity{enums.AlarmNone, enums.AlarmWarning}, severities(got(domeAlarm)), "not acknowledged")

		do(t, watcher, "acknowledge", sal.Values{"name": "Enabled.*", "severity": 4, "acknowledgedBy": "ana"})
		require.Equal(t, []enums.AlarmSeverity{enums.AlarmNone, enums.AlarmNone}, severities(got(domeAlarm)))
	})
}

func TestAlarmIsAcknowledgedAndBecomesWorse(t *testing.T) {
	fault := sim.WithFault(sim.Fault{Component: "ATDome", After: time.Minute, Code: 1, Report: "x"})
	runObservatory(t, append(only("ATDome", "Watcher"), fault, sim.WithHeartbeat(10*time.Second)), func(t *testing.T, ctx context.Context, d *sal.Domain) {
		watcher, dome := remote(t, ctx, d, "Watcher", 0), remote(t, ctx, d, "ATDome", 0)
		got := alarms(t, watcher)
		do(t, dome, "disable", nil)
		pass(2 * time.Second)
		do(t, watcher, "acknowledge", sal.Values{"name": domeAlarm, "severity": 2, "acknowledgedBy": "ana"})
		require.True(t, got(domeAlarm).Bool("acknowledged"))
		require.Equal(t, "ana", got(domeAlarm).Text("acknowledgedBy"))
		do(t, watcher, "unacknowledge", sal.Values{"name": domeAlarm})
		require.False(t, got(domeAlarm).Bool("acknowledged"))
		do(t, watcher, "acknowledge", sal.Values{"name": domeAlarm, "severity": 2, "acknowledgedBy": "ana"})

		do(t, dome, "enable", nil)
		pass(2 * time.Minute)
		require.Equal(t, []enums.AlarmSeverity{enums.AlarmCritical, enums.AlarmCritical}, severities(got(domeAlarm)))
		require.False(t, got(domeAlarm).Bool("acknowledged"), "worse than what was acknowledged")
		do(t, watcher, "acknowledge", sal.Values{"name": domeAlarm, "severity": 3, "acknowledgedBy": "ana"})
		require.False(t, got(domeAlarm).Bool("acknowledged"))
		require.Empty(t, got(domeAlarm).Text("escalatedId"))
		pass(10 * time.Minute)
		require.NotEmpty(t, got(domeAlarm).Text("escalatedId"), "not acknowledged for too long")
		do(t, watcher, "acknowledge", sal.Values{"name": domeAlarm, "severity": 4, "acknowledgedBy": "ben"})
		require.Empty(t, got(domeAlarm).Text("escalatedId"))
		pass(3 * time.Hour)
		require.False(t, got(domeAlarm).Bool("acknowledged"), "its cause has lasted for hours")
	})
}

func TestAlarmWithoutCauseIsAcknowledgedAutomatically(t *testing.T) {
	opts := append(only("ATDome", "Watcher"), sim.WithTelemetryPeriod(10*time.Second), sim.WithHeartbeat(10*time.Second))
	runObservatory(t, opts, func(t *testing.T, ctx context.Context, d *sal.Domain) {
		got := alarms(t, remote(t, ctx, d, "Watcher", 0))
		dome := remote(t, ctx, d, "ATDome", 0)
		do(t, dome, "disable", nil)
		pass(time.Minute)
		do(t, dome, "enable", nil)
		pass(2 * time.Hour)
		require.Equal(t, []enums.AlarmSeverity{enums.AlarmNone, enums.AlarmNone}, severities(got(domeAlarm)))
	})
}

func TestAlarmIsMutedForAWhile(t *testing.T) {
	runObservatory(t, only("ATDome", "Watcher"), func(t *testing.T, ctx context.Context, d *sal.Domain) {
		watcher := remote(t, ctx, d, "Watcher", 0)
		got := alarms(t, watcher)
		mute := sal.Values{"name": domeAlarm, "duration": 60, "severity": 3, "mutedBy": "ana"}
		do(t, watcher, "mute", mute)
		require.EqualValues(t, 3, got(domeAlarm).Int("mutedSeverity"))
		require.Equal(t, "ana", got(domeAlarm).Text("mutedBy"))
		pass(2 * time.Minute)
		require.EqualValues(t, 1, got(domeAlarm).Int("mutedSeverity"))
		do(t, watcher, "mute", mute)
		do(t, watcher, "unmute", sal.Values{"name": domeAlarm})
		require.EqualValues(t, 1, got(domeAlarm).Int("mutedSeverity"))
		do(t, watcher, "makeLogEntry", sal.Values{"name": domeAlarm})
		log, _ := watcher.Latest("evt_logMessage")
		require.Contains(t, log.Text("message"), domeAlarm)

		refused(t, watcher, "duration=0 is not a number", "mute", sal.Values{"name": domeAlarm, "severity": 2})
		refused(t, watcher, "severity=1 is not in the range", "mute", sal.Values{"name": domeAlarm, "severity": 1, "duration": 5})
		refused(t, watcher, `no alarm is called "x"`, "unmute", sal.Values{"name": "x"})
		refused(t, watcher, "is not a regular expression", "unmute", sal.Values{"name": "("})
	})
}

func TestMissingHeartbeatRaisesAnAlarm(t *testing.T) {
	runObservatory(t, only("ATDome", "Watcher"), func(t *testing.T, ctx context.Context, d *sal.Domain) {
		watcher, dome := remote(t, ctx, d, "Watcher", 0), remote(t, ctx, d, "ATDome", 0)
		got := alarms(t, watcher)
		for _, command := range []string{"disable", "standby", "exitControl"} {
			do(t, dome, command, nil)
		}
		pass(time.Minute)
		require.EqualValues(t, enums.AlarmSerious, got("Heartbeat.ATDome").Int("severity"))
		require.Equal(t, "is OFFLINE", got(domeAlarm).Text("reason"))
		before := got(domeAlarm).Number()
		do(t, watcher, "showAlarms", nil)
		require.Greater(t, got(domeAlarm).Number(), before)
	})
}

func TestScriptThatFailsRaisesAnAlarm(t *testing.T) {
	runObservatory(t, only("ScriptQueue:1", "Watcher"), func(t *testing.T, ctx context.Context, d *sal.Domain) {
		got := alarms(t, remote(t, ctx, d, "Watcher", 0))
		q := newQueue(t, ctx, d)
		q.add(broken, "", nil)
		pass(5 * time.Minute)
		alarm := got("ScriptFailed.ScriptQueue:1")
		require.EqualValues(t, enums.AlarmWarning, alarm.Int("severity"))
		require.Contains(t, alarm.Text("reason"), broken)
		q.add(quick, "", nil)
		pass(5 * time.Minute)
		require.EqualValues(t, enums.AlarmNone, got("ScriptFailed.ScriptQueue:1").Int("severity"))
	})
}

func TestWeatherRaisesAlarms(t *testing.T) {
	opts := []sim.Option{sim.WithComponents("ESS:301", "Watcher"), sim.WithTelemetryPeriod(time.Minute), sim.WithHeartbeat(time.Minute)}
	runObservatory(t, opts, func(t *testing.T, ctx context.Context, d *sal.Domain) {
		got := alarms(t, remote(t, ctx, d, "Watcher", 0))
		pass(24 * time.Hour)
		require.NotNil(t, got("Humidity.ESS:301"))
	})
}
