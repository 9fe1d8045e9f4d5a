package definitions

import (
	"slices"

	"github.com/rubin-love/love-go/love/sal"
)

func scriptQueue() *sal.Component {
	return &sal.Component{
		Name:        "ScriptQueue",
		Description: "Queues of scripts: 1 main telescope, 2 auxiliary telescope, 3 OCS.",
		Indexed:     true,
		Enumerations: []sal.Enumeration{
			numbered("Location", "First", "Last", "Before", "After"),
			numbered("ScriptProcessState", "Loading", "Configured", "Running", "Done", "LoadFailed", "ConfigureFailed", "Terminated"),
		},
		Topics: slices.Concat(mandatory(), csc(), []*sal.Topic{
			{Kind: sal.Command, Name: "showAvailableScripts", Description: "Show available scripts."},
			{Kind: sal.Command, Name: "showSchema", Description: "Show schema.", Fields: []sal.Field{
				{Name: "isStandard", Type: sal.Boolean, Description: "Is standard."},
				{Name: "path", Type: sal.String, Description: "Path."},
			}},
			{Kind: sal.Command, Name: "showQueue", Description: "Show queue."},
			{Kind: sal.Command, Name: "showScript", Description: "Show script.", Fields: []sal.Field{
				{Name: "scriptSalIndex", Type: sal.Int, Description: "Script sal index."},
			}},
			{Kind: sal.Command, Name: "pause", Description: "Pause."},
			{Kind: sal.Command, Name: "resume", Description: "Resume."},
			{Kind: sal.Command, Name: "add", Description: "Add.", Fields: []sal.Field{
				{Name: "isStandard", Type: sal.Boolean, Description: "Is standard."},
				{Name: "path", Type: sal.String, Description: "Path."},
				{Name: "config", Type: sal.String, Description: "Config."},
				{Name: "descr", Type: sal.String, Description: "Descr."},
				{Name: "location", Type: sal.Byte, Description: "Location."},
				{Name: "locationSalIndex", Type: sal.Int, Description: "Location sal index."},
				{Name: "logLevel", Type: sal.Int, Description: "Log level."},
				{Name: "pauseCheckpoint", Type: sal.String, Description: "Pause checkpoint."},
				{Name: "stopCheckpoint", Type: sal.String, Description: "Stop checkpoint."},
				{Name: "block", Type: sal.String, Description: "Block."},
				{Name: "blockSize", Type: sal.Int, Description: "Block size."},
				{Name: "startBlock", Type: sal.Boolean, Description: "Start block."},
				{Name: "executionId", Type: sal.String, Description: "Execution id."},
			}},
			{Kind: sal.Command, Name: "move", Description: "Move.", Fields: []sal.Field{
				{Name: "scriptSalIndex", Type: sal.Int, Description: "Script sal index."},
				{Name: "location", Type: sal.Byte, Description: "Location."},
				{Name: "locationSalIndex", Type: sal.Int, Description: "Location sal index."},
			}},
			{Kind: sal.Command, Name: "requeue", Description: "Requeue.", Fields: []sal.Field{
				{Name: "scriptSalIndex", Type: sal.Int, Description: "Script sal index."},
				{Name: "location", Type: sal.Byte, Description: "Location."},
				{Name: "locationSalIndex", Type: sal.Int, Description: "Location sal index."},
			}},
			{Kind: sal.Command, Name: "stopScripts", Description: "Stop scripts.", Fields: []sal.Field{
				{Name: "length", Type: sal.Int, Description: "Length."},
				{Name: "salIndices", Type: sal.Int, Count: 400, Description: "Sal indices."},
				{Name: "terminate", Type: sal.Boolean, Description: "Terminate."},
			}},
			{Kind: sal.Event, Name: "availableScripts", Description: "Available scripts.", Fields: []sal.Field{
				{Name: "standard", Type: sal.String, Description: "Standard."},
				{Name: "external", Type: sal.String, Description: "External."},
			}},
			{Kind: sal.Event, Name: "configSchema", Description: "Config schema.", Fields: []sal.Field{
				{Name: "isStandard", Type: sal.Boolean, Description: "Is standard."},
				{Name: "path", Type: sal.String, Description: "Path."},
				{Name: "configSchema", Type: sal.String, Description: "Config schema."},
			}},
			{Kind: sal.Event, Name: "script", Description: "How far one script got.", Fields: []sal.Field{
				{Name: "cmdId", Type: sal.Int, Description: "Cmd id."},
				{Name: "scriptSalIndex", Type: sal.Int, Description: "Script sal index."},
				{Name: "isStandard", Type: sal.Boolean, Description: "Is standard."},
				{Name: "path", Type: sal.String, Description: "Path."},
				{Name: "timestampProcessStart", Type: sal.Double, Units: "second", Description: "Timestamp process start."},
				{Name: "timestampConfigureStart", Type: sal.Double, Units: "second", Description: "Timestamp configure start."},
				{Name: "timestampConfigureEnd", Type: sal.Double, Units: "second", Description: "Timestamp configure end."},
				{Name: "timestampRunStart", Type: sal.Double, Units: "second", Description: "Timestamp run start."},
				{Name: "timestampProcessEnd", Type: sal.Double, Units: "second", Description: "Timestamp process end."},
				{Name: "processState", Type: sal.Byte, Description: "Process state."},
				{Name: "scriptState", Type: sal.Byte, Description: "Script state."},
				{Name: "blockId", Type: sal.String, Description: "Block id."},
				{Name: "scriptBlockIndex", Type: sal.Int, Description: "Script block index."},
				{Name: "blockSize", Type: sal.Int, Description: "Block size."},
				{Name: "executionId", Type: sal.String, Description: "Execution id."},
			}},
			{Kind: sal.Event, Name: "queue", Description: "The scripts that wait, the one that runs and those that ended.", Fields: []sal.Field{
				{Name: "enabled", Type: sal.Boolean, Description: "Enabled."},
				{Name: "running", Type: sal.Boolean, Description: "Running."},
				{Name: "currentSalIndex", Type: sal.Int, Description: "Current sal index."},
				{Name: "length", Type: sal.Int, Description: "Length."},
				{Name: "salIndices", Type: sal.Int, Count: 400, Description: "Sal indices."},
				{Name: "pastLength", Type: sal.Int, Description: "Past length."},
				{Name: "pastSalIndices", Type: sal.Int, Count: 400, Description: "Past sal indices."},
			}},
			{Kind: sal.Event, Name: "rootDirectories", Description: "Root directories.", Fields: []sal.Field{
				{Name: "standard", Type: sal.String, Description: "Standard."},
				{Name: "external", Type: sal.String, Description: "External."},
			}},
		}),
	}
}
