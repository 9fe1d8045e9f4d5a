package sim

import (
	"fmt"
	"time"

	"github.com/rubin-love/love-go/love/sal"
)

// rule says which samples raise an alarm.
type rule struct {
	alarm string
	topic string // attribute name
	judge func(*sal.Sample) (sal.AlarmSeverity, string)
}

// rulesFor are the rules about one component.
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

func judgeState(s *sal.Sample) (sal.AlarmSeverity, string) {
	switch state := sal.SummaryState(s.Int("summaryState")); state {
	case sal.Enabled:
		return sal.NoAlarm, ""
	case sal.Fault:
		return sal.CriticalAlarm, "is in FAULT"
	case sal.Offline:
		return sal.SeriousAlarm, "is OFFLINE"
	default:
		return sal.WarningAlarm, "is in " + state.String()
	}
}

func judgeScript(s *sal.Sample) (sal.AlarmSeverity, string) {
	switch state := sal.ScriptState(s.Int("scriptState")); state {
	case sal.ScriptFailed, sal.ScriptConfigureFailed:
		return sal.WarningAlarm, fmt.Sprintf("script %d, %s: %v", s.Int("scriptSalIndex"), s.Text("path"), state)
	case sal.ScriptDone:
		return sal.NoAlarm, ""
	}
	return 0, "" // says nothing
}

// thresholds judges a reading by three limits.
func thresholds(field, text string, warning, serious, critical float64) func(*sal.Sample) (sal.AlarmSeverity, string) {
	return func(s *sal.Sample) (sal.AlarmSeverity, string) {
		reading := s.Float(field)
		severity := sal.NoAlarm
		for i, limit := range [...]float64{warning, serious, critical} {
			if reading >= limit {
				severity = sal.WarningAlarm + sal.AlarmSeverity(i)
			}
		}
		if severity == sal.NoAlarm {
			return severity, ""
		}
		return severity, fmt.Sprintf(text, reading)
	}
}

// heartbeatsLost is how many heartbeats may be missing before the alarm.
const heartbeatsLost = 5

// beat holds the time of a component's last heartbeat.
type beat struct {
	alarm *alarm
	last  time.Time
}
