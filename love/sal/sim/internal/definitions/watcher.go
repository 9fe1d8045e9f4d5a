package definitions

import (
	"slices"

	"github.com/rubin-love/love-go/love/sal"
)

func watcher() *sal.Component {
	return &sal.Component{
		Name:        "Watcher",
		Description: "Alarms raised from the data of other components.",
		Enumerations: []sal.Enumeration{
			numbered("AlarmSeverity", "None", "Warning", "Serious", "Critical"),
		},
		Topics: slices.Concat(mandatory(), csc(), configurable(), []*sal.Topic{
			{Kind: sal.Command, Name: "acknowledge", Description: "Acknowledge.", Fields: []sal.Field{
				{Name: "name", Type: sal.String, Description: "Name."},
				{Name: "severity", Type: sal.Int, Description: "Severity."},
				{Name: "acknowledgedBy", Type: sal.String, Description: "Acknowledged by."},
			}},
			{Kind: sal.Command, Name: "makeLogEntry", Description: "Make log entry.", Fields: []sal.Field{
				{Name: "name", Type: sal.String, Description: "Name."},
			}},
			{Kind: sal.Command, Name: "mute", Description: "Mute.", Fields: []sal.Field{
				{Name: "name", Type: sal.String, Description: "Name."},
				{Name: "duration", Type: sal.Float, Units: "second", Description: "Duration."},
				{Name: "severity", Type: sal.Int, Description: "Severity."},
				{Name: "mutedBy", Type: sal.String, Description: "Muted by."},
			}},
			{Kind: sal.Command, Name: "showAlarms", Description: "Show alarms."},
			{Kind: sal.Command, Name: "unacknowledge", Description: "Unacknowledge.", Fields: []sal.Field{
				{Name: "name", Type: sal.String, Description: "Name."},
			}},
			{Kind: sal.Command, Name: "unmute", Description: "Unmute.", Fields: []sal.Field{
				{Name: "name", Type: sal.String, Description: "Name."},
			}},
			{Kind: sal.Event, Name: "alarm", Description: "One alarm, whenever something about it changes.", Fields: []sal.Field{
				{Name: "name", Type: sal.String, Description: "Name."},
				{Name: "severity", Type: sal.Int, Description: "Severity."},
				{Name: "reason", Type: sal.String, Description: "Reason."},
				{Name: "maxSeverity", Type: sal.Int, Description: "Max severity."},
				{Name: "acknowledged", Type: sal.Boolean, Description: "Acknowledged."},
				{Name: "acknowledgedBy", Type: sal.String, Description: "Acknowledged by."},
				{Name: "escalatedId", Type: sal.String, Description: "Escalated id."},
				{Name: "escalateTo", Type: sal.String, Description: "Escalate to."},
				{Name: "mutedSeverity", Type: sal.Long, Description: "Muted severity."},
				{Name: "mutedBy", Type: sal.String, Description: "Muted by."},
				{Name: "timestampSeverityOldest", Type: sal.Double, Units: "second", Description: "Timestamp severity oldest."},
				{Name: "timestampSeverityNewest", Type: sal.Double, Units: "second", Description: "Timestamp severity newest."},
				{Name: "timestampMaxSeverity", Type: sal.Double, Units: "second", Description: "Timestamp max severity."},
				{Name: "timestampAcknowledged", Type: sal.Double, Units: "second", Description: "Timestamp acknowledged."},
				{Name: "timestampAutoAcknowledge", Type: sal.Double, Units: "second", Description: "Timestamp auto acknowledge."},
				{Name: "timestampAutoUnacknowledge", Type: sal.Double, Units: "second", Description: "Timestamp auto unacknowledge."},
				{Name: "timestampEscalate", Type: sal.Double, Units: "second", Description: "Timestamp escalate."},
				{Name: "timestampUnmute", Type: sal.Double, Units: "second", Description: "Timestamp unmute."},
			}},
			{Kind: sal.Event, Name: "notification", Description: "Notification.", Fields: []sal.Field{
				{Name: "name", Type: sal.String, Description: "Name."},
				{Name: "level", Type: sal.Int, Description: "Level."},
				{Name: "summary", Type: sal.String, Description: "Summary."},
				{Name: "details", Type: sal.String, Description: "Details."},
			}},
		}),
	}
}
