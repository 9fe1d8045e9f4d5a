package sim

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/enums"
)

// watcher is the simulated Watcher: it listens to the other components and raises
// alarms about them.
type watcher struct {
	*csc
	alarms     map[string]*alarm
	names      []string // of the alarms, sorted
	heartbeats map[string]*heartbeatAlarm
	written    map[string]alarm // as they were written last
	remotes    []*sal.Remote

	mu         sync.Mutex
	judgements map[string]judgement // of samples since the last step, by alarm
	alive      map[string]bool      // components with a heartbeat since then
}

// judgement is the result of a rule for the newest sample.
type judgement struct {
	severity enums.AlarmSeverity
	reason   string
}

func newWatcher(c *csc) *watcher {
	return &watcher{
		csc: c, alarms: map[string]*alarm{}, heartbeats: map[string]*heartbeatAlarm{}, written: map[string]alarm{},
		judgements: map[string]judgement{}, alive: map[string]bool{},
	}
}

// begin starts to listen to all components of the observatory.
func (w *watcher) begin(ctx context.Context) {
	for _, full := range w.components {
		if full == w.name {
			continue
		}
		if err := w.watch(ctx, full); err != nil {
			w.failure = errors.Join(w.failure, fmt.Errorf("watching %s: %w", full, err))
		}
	}
	w.names = slices.Sorted(maps.Keys(w.alarms))
}

func (w *watcher) watch(ctx context.Context, full string) error {
	comp, index, err := w.domain.Definitions().Instance(full)
	if err != nil {
		return err
	}
	rules := rulesFor(full, comp)
	if len(rules) == 0 {
		return nil
	}
	topics := []string{"heartbeat"}
	for _, r := range rules {
		t, _ := comp.Topic(r.topic)
		topics = append(topics, t.Name)
	}
	remote, err := w.domain.Remote(ctx, comp.Name, index, sal.ReadOnly(), sal.WithTopics(topics...))
	if err != nil {
		return err
	}
	w.remotes = append(w.remotes, remote)
	for _, r := range rules {
		w.alarms[r.alarm] = newAlarm(r.alarm)
		if _, err := remote.Subscribe(r.topic, func(s *sal.Sample) { w.judge(r, s) }); err != nil {
			return err
		}
	}
	name := "Heartbeat." + full
	w.alarms[name] = newAlarm(name)
	w.heartbeats[full] = &heartbeatAlarm{alarm: w.alarms[name], last: w.domain.Clock().Now()}
	_, err = remote.Subscribe("evt_heartbeat", func(*sal.Sample) { w.beat(full) })
	return err
}

// judge keeps the judgement of a sample for the next step.
func (w *watcher) judge(r rule, s *sal.Sample) {
	severity, reason := r.judge(s)
	if severity == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.judgements[r.alarm] = judgement{severity, reason}
}

func (w *watcher) beat(full string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.alive[full] = true
}

func (w *watcher) enable(context.Context, bool) {}

// close closes the remotes.
func (w *watcher) close() error {
	var errs []error
	for _, r := range w.remotes {
		errs = append(errs, r.Close())
	}
	return errors.Join(errs...)
}

func (w *watcher) step(ctx context.Context, now time.Time, _ time.Duration) {
	w.mu.Lock()
	judgements, alive := w.judgements, w.alive
	w.judgements, w.alive = map[string]judgement{}, map[string]bool{}
	w.mu.Unlock()
	for name, j := range judgements {
		w.alarms[name].raise(now, j.severity, j.reason)
	}
	for full, b := range w.heartbeats {
		if alive[full] {
			b.last = now
			b.alarm.raise(now, enums.AlarmNone, "")
		} else if now.Sub(b.last) > heartbeatsLost*w.heartbeat+2*w.period {
			b.alarm.raise(now, enums.AlarmSerious, "no heartbeat")
		}
	}
	for _, a := range w.alarms {
		a.update(now)
	}
	w.writeAlarms(ctx, false)
}

// writeAlarms writes the alarms that changed and, if all is set, all that are not
// nominal.
func (w *watcher) writeAlarms(ctx context.Context, all bool) {
	for _, name := range w.names {
		a := w.alarms[name]
		before, ever := w.written[name]
		if !ever && a.nominal() && a.muted == enums.AlarmNone || ever && before == *a && (!all || a.nominal()) {
			continue
		}
		w.written[name] = *a
		w.write(ctx, "evt_alarm", a.values(), sal.Force())
		if a.severity > enums.AlarmNone && before.severity != a.severity {
			w.log.Warn(fmt.Sprintf("alarm %s %v: %s", name, a.severity, a.reason))
		}
	}
}

func (w *watcher) commands() map[string]command {
	return map[string]command{
		"acknowledge": w.forEach(func(s *sal.Sample, a *alarm, now time.Time) {
			a.acknowledge(now, enums.AlarmSeverity(s.Int("severity")), s.Text("acknowledgedBy"))
		}, severity),
		"unacknowledge": w.forEach(func(_ *sal.Sample, a *alarm, now time.Time) {
			if a.acknowledged {
				a.unacknowledge(now)
			}
		}),
		"mute": w.forEach(func(s *sal.Sample, a *alarm, now time.Time) {
			until := now.Add(time.Duration(s.Float("duration") * float64(time.Second)))
			a.mute(until, enums.AlarmSeverity(s.Int("severity")), s.Text("mutedBy"))
		}, severity, duration),
		"unmute": w.forEach(func(_ *sal.Sample, a *alarm, _ time.Time) { a.mute(time.Time{}, enums.AlarmNone, "") }),
		"makeLogEntry": w.forEach(func(_ *sal.Sample, a *alarm, _ time.Time) {
			w.log.Info(fmt.Sprintf("log entry of alarm %s, %v: %s", a.name, a.severity, a.reason))
		}),
		"showAlarms": func(ctx context.Context, _ *sal.Sample) error { w.writeAlarms(ctx, true); return nil },
	}
}

// forEach returns a command that runs checks, and then do for each alarm whose name
// matches the field name, a regular expression.
func (w *watcher) forEach(do func(*sal.Sample, *alarm, time.Time), checks ...func(*sal.Sample) error) command {
	return func(ctx context.Context, s *sal.Sample) error {
		for _, check := range checks {
			if err := check(s); err != nil {
				return err
			}
		}
		pattern, err := regexp.Compile("^(?:" + s.Text("name") + ")$")
		if err != nil {
			return fmt.Errorf("name=%q is not a regular expression", s.Text("name"))
		}
		found := false
		for name, a := range w.alarms {
			if pattern.MatchString(name) {
				found = true
				do(s, a, w.domain.Clock().Now())
			}
		}
		if !found {
			return fmt.Errorf("no alarm is called %q; names are such as Enabled.ATDome, or regular expressions such as Enabled.*", s.Text("name"))
		}
		w.writeAlarms(ctx, false)
		return nil
	}
}

func severity(s *sal.Sample) error {
	if v := enums.AlarmSeverity(s.Int("severity")); v < enums.AlarmWarning || v > enums.AlarmCritical {
		return fmt.Errorf("severity=%d is not in the range %d to %d", v, enums.AlarmWarning, enums.AlarmCritical)
	}
	return nil
}

func duration(s *sal.Sample) error {
	if d := s.Float("duration"); !(d > 0 && d < 1e8) {
		return fmt.Errorf("duration=%v is not a number of seconds above 0", d)
	}
	return nil
}
