package definitions

import (
	"slices"

	"github.com/rubin-love/love-go/love/sal"
)

func script() *sal.Component {
	return &sal.Component{
		Name:        "Script",
		Description: "A script that a ScriptQueue runs; each has an index of its own.",
		Indexed:     true,
		Enumerations: []sal.Enumeration{
			numbered("ScriptState", "Unconfigured", "Configured", "Running", "Paused", "Ending", "Stopping", "Failing", "Done",
				"Stopped", "Failed", "ConfigureFailed"),
		},
		Topics: slices.Concat(mandatory(), []*sal.Topic{
			setLogLevel(),
			largeFileObjectAvailable(),
			{Kind: sal.Command, Name: "configure", Description: "Configure.", Fields: []sal.Field{
				{Name: "config", Type: sal.String, Description: "Config."},
				{Name: "logLevel", Type: sal.Int, Description: "Log level."},
				{Name: "pauseCheckpoint", Type: sal.String, Description: "Pause checkpoint."},
				{Name: "stopCheckpoint", Type: sal.String, Description: "Stop checkpoint."},
				{Name: "blockId", Type: sal.String, Description: "Block id."},
				{Name: "executionId", Type: sal.String, Description: "Execution id."},
			}},
			{Kind: sal.Command, Name: "run", Description: "Run."},
			{Kind: sal.Command, Name: "resume", Description: "Resume."},
			{Kind: sal.Command, Name: "setGroupId", Description: "Set group id.", Fields: []sal.Field{
				{Name: "groupId", Type: sal.String, Description: "Group id."},
			}},
			{Kind: sal.Command, Name: "setCheckpoints", Description: "Set checkpoints.", Fields: []sal.Field{
				{Name: "pause", Type: sal.String, Description: "Pause."},
				{Name: "stop", Type: sal.String, Description: "Stop."},
			}},
			{Kind: sal.Command, Name: "stop", Description: "Stop."},
			{Kind: sal.Event, Name: "checkpoints", Description: "Checkpoints.", Fields: []sal.Field{
				{Name: "pause", Type: sal.String, Description: "Pause."},
				{Name: "stop", Type: sal.String, Description: "Stop."},
			}},
			{Kind: sal.Event, Name: "description", Description: "Description.", Fields: []sal.Field{
				{Name: "classname", Type: sal.String, Description: "Classname."},
				{Name: "description", Type: sal.String, Description: "Description."},
				{Name: "help", Type: sal.String, Description: "Help."},
				{Name: "remotes", Type: sal.String, Description: "Remotes."},
			}},
			{Kind: sal.Event, Name: "metadata", Description: "Metadata.", Fields: []sal.Field{
				{Name: "coordinateSystem", Type: sal.Short, Description: "Coordinate system."},
				{Name: "position", Type: sal.Double, Count: 2, Units: "degree", Description: "Position."},
				{Name: "rotationSystem", Type: sal.Short, Description: "Rotation system."},
				{Name: "cameraAngle", Type: sal.Double, Units: "degree", Description: "Camera angle."},
				{Name: "filters", Type: sal.String, Description: "Filters."},
				{Name: "dome", Type: sal.Short, Description: "Dome."},
				{Name: "duration", Type: sal.Double, Units: "second", Description: "Duration."},
				{Name: "nimages", Type: sal.Int, Description: "Nimages."},
				{Name: "instrument", Type: sal.String, Description: "Instrument."},
				{Name: "survey", Type: sal.String, Description: "Survey."},
				{Name: "totalCheckpoints", Type: sal.Int, Description: "Total checkpoints."},
			}},
			{Kind: sal.Event, Name: "state", Description: "State.", Fields: []sal.Field{
				{Name: "state", Type: sal.Byte, Description: "State."},
				{Name: "reason", Type: sal.String, Description: "Reason."},
				{Name: "groupId", Type: sal.String, Description: "Group id."},
				{Name: "lastCheckpoint", Type: sal.String, Description: "Last checkpoint."},
				{Name: "numCheckpoints", Type: sal.Int, Description: "Num checkpoints."},
				{Name: "blockId", Type: sal.String, Description: "Block id."},
				{Name: "dayObs", Type: sal.Int, Description: "Day obs."},
				{Name: "blockExecution", Type: sal.Int, Description: "Block execution."},
				{Name: "executionId", Type: sal.String, Description: "Execution id."},
			}},
		}),
	}
}
