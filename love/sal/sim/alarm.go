package sim

import (
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/enums"
)

// Times after which alarms change automatically.
const (
	autoAcknowledge   = time.Hour       // an alarm whose cause is gone
	autoUnacknowledge = 2 * time.Hour   // an alarm whose cause stays
	escalation        = 5 * time.Minute // a critical alarm that is not acknowledged
	escalatesTo       = "simulated observing specialist"
)

// alarm is one alarm of the Watcher. It is nominal when its cause is gone and it has
// been acknowledged.
type alarm struct {
	name           string
	severity, most enums.AlarmSeverity // now, and the worst since it was nominal
	reason         string

	acknowledgedBy string
	acknowledged   bool
	escalated      bool
	muted          enums.AlarmSeverity
	mutedBy        string

	oldest, newest, mostAt, acknowledgedAt time.Time
	autoAck, autoUnack, escalate, unmute   time.Time // when; zero for never
}

func newAlarm(name string) *alarm {
	return &alarm{name: name, severity: enums.AlarmNone, most: enums.AlarmNone, muted: enums.AlarmNone}
}

// nominal reports whether the alarm is nominal.
func (a *alarm) nominal() bool { return a.severity == enums.AlarmNone && a.most == enums.AlarmNone }

// raise sets the current severity of the cause; AlarmNone if the cause is gone.
func (a *alarm) raise(now time.Time, severity enums.AlarmSeverity, reason string) {
	if severity == a.severity {
		if reason != "" {
			a.reason = reason
		}
		return
	}
	if a.severity == enums.AlarmNone {
		a.oldest = now
	}
	a.severity, a.newest = severity, now
	switch {
	case severity == enums.AlarmNone && a.acknowledged:
		a.reset()
	case severity == enums.AlarmNone:
		a.autoAck = now.Add(autoAcknowledge)
	default:
		a.reason, a.autoAck = reason, time.Time{}
	}
	if severity > a.most {
		a.most, a.mostAt = severity, now
		a.unacknowledge(now)
	}
}

// unacknowledge revokes the acknowledgement.
func (a *alarm) unacknowledge(now time.Time) {
	a.acknowledged, a.acknowledgedBy, a.acknowledgedAt, a.autoUnack = false, "", time.Time{}, time.Time{}
	if a.most == enums.AlarmCritical {
		a.escalate = now.Add(escalation)
	}
}

// acknowledge records who has seen the alarm; it does nothing if the alarm is worse
// than the severity that was seen.
func (a *alarm) acknowledge(now time.Time, severity enums.AlarmSeverity, by string) {
	if a.nominal() || severity < a.most {
		return
	}
	a.acknowledged, a.acknowledgedBy, a.acknowledgedAt = true, by, now
	a.escalated, a.escalate, a.autoAck = false, time.Time{}, time.Time{}
	if a.severity == enums.AlarmNone {
		a.reset()
		return
	}
	a.most, a.mostAt = a.severity, now
	a.autoUnack = now.Add(autoUnacknowledge)
}

// reset makes the alarm nominal; it stays muted.
func (a *alarm) reset() {
	*a = alarm{
		name: a.name, severity: enums.AlarmNone, most: enums.AlarmNone, newest: a.newest,
		muted: a.muted, mutedBy: a.mutedBy, unmute: a.unmute,
	}
}

func (a *alarm) mute(until time.Time, severity enums.AlarmSeverity, by string) {
	a.muted, a.mutedBy, a.unmute = severity, by, until
}

// update makes the changes that are due.
func (a *alarm) update(now time.Time) {
	due := func(t time.Time) bool { return !t.IsZero() && !now.Before(t) }
	if due(a.unmute) {
		a.mute(time.Time{}, enums.AlarmNone, "")
	}
	if due(a.escalate) {
		a.escalated, a.escalate = true, time.Time{}
	}
	switch {
	case due(a.autoAck):
		a.acknowledge(now, a.most, "automatic")
	case due(a.autoUnack):
		a.unacknowledge(now)
	}
}

// values returns the fields of the alarm's event.
func (a *alarm) values() sal.Values {
	id, to := "", ""
	if a.escalated || !a.escalate.IsZero() {
		to = escalatesTo
	}
	if a.escalated {
		id = "simulated-" + a.name
	}
	return sal.Values{
		"name": a.name, "severity": a.severity, "reason": a.reason, "maxSeverity": a.most,
		"acknowledged": a.acknowledged, "acknowledgedBy": a.acknowledgedBy,
		"escalatedId": id, "escalateTo": to,
		"mutedSeverity": a.muted, "mutedBy": a.mutedBy,
		"timestampSeverityOldest": stamp(a.oldest), "timestampSeverityNewest": stamp(a.newest),
		"timestampMaxSeverity": stamp(a.mostAt), "timestampAcknowledged": stamp(a.acknowledgedAt),
		"timestampAutoAcknowledge": stamp(a.autoAck), "timestampAutoUnacknowledge": stamp(a.autoUnack),
		"timestampEscalate": stamp(a.escalate), "timestampUnmute": stamp(a.unmute),
	}
}

// stamp converts a time to that of samples, 0 for the zero time.
func stamp(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return love.TAI(t)
}
