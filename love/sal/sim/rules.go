package sim

import (
	"fmt"
	"time"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/enums"
)

// rule decides which samples raise an alarm.
type rule struct {
	alarm string
	topic string // attribute name
	judge func(*sal.Sample) (enums.AlarmSeverity, string)
}

// rulesFor returns the rules about one component.
func rulesFor(full string, comp *sal.Component) []rule {
	var rules []rule
	if _, ok := comp.Topic("evt_summaryState"); ok {
		rules = append(rules, rule{"Enabled." + full, "evt_summaryState", judgeState})
	}
	switch comp.Name {
	case "ESS":
		rules = append(rules,
			rule{"Humidity." + full, "tel_relativeHumidity", thresholds("relativeHumidityItem", "humidity %.0f %%", 50, 65, 85)},
			rule{"OverWind." + full, "tel_airFlow", thresholds("maxSpeed", "gusts of %.1f m/s", 10.5, 13, 20)},
		)
	case "ScriptQueue":
		rules = append(rules, rule{"ScriptFailed." + full, "evt_script", judgeScript})
	}
	return rules
}

func judgeState(s *sal.Sample) (enums.AlarmSeverity, string) {
	switch state := sal.SummaryState(s.Int("summaryState")); state {
	case sal.Enabled:
		return enums.AlarmNone, ""
	case sal.Fault:
		return enums.AlarmCritical, "is in FAULT"
	case sal.Offline:
		return enums.AlarmSerious, "is OFFLINE"
	default:
		return enums.AlarmWarning, "is in " + state.String()
	}
}

func judgeScript(s *sal.Sample) (enums.AlarmSeverity, string) {
	switch state := enums.ScriptState(s.Int("scriptState")); state {
	case enums.ScriptFailed, enums.ScriptConfigureFailed:
		return enums.AlarmWarning, fmt.Sprintf("script %d, %s: %v", s.Int("scriptSalIndex"), s.Text("path"), state)
	case enums.ScriptDone:
		return enums.AlarmNone, ""
	}
	return 0, "" // no judgement
}

// thresholds returns a judge of a reading with three limits.
func thresholds(field, text string, warning, serious, critical float64) func(*sal.Sample) (enums.AlarmSeverity, string) {
	return func(s *sal.Sample) (enums.AlarmSeverity, string) {
		reading := s.Float(field)
		severity := enums.AlarmNone
		for i, limit := range [...]float64{warning, serious, critical} {
			if reading >= limit {
				severity = enums.AlarmWarning + enums.AlarmSeverity(i)
			}
		}
		if severity == enums.AlarmNone {
			return severity, ""
		}
		return severity, fmt.Sprintf(text, reading)
	}
}

// heartbeatsLost is the number of heartbeats that may be missing before the alarm.
const heartbeatsLost = 5

// heartbeatAlarm is the alarm of a component whose heartbeat is missing.
type heartbeatAlarm struct {
	alarm *alarm
	last  time.Time // time of the last heartbeat
}
