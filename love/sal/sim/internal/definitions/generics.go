package definitions

import (
	"github.com/rubin-love/love-go/love/sal"
)

// mandatory returns the topics that every component has.
func mandatory() []*sal.Topic {
	return []*sal.Topic{
		{Kind: sal.Event, Name: "logLevel", Description: "How much is logged.", Fields: []sal.Field{
			{Name: "level", Type: sal.Int, Description: "Least level that is logged: 10 debug, 20 info, 30 warning, 40 error."},
			{Name: "subsystem", Type: sal.String, Description: "Parts of the component that it holds for; empty for all."},
		}},
		{Kind: sal.Event, Name: "logMessage", Description: "A line of the log.", Fields: []sal.Field{
			{Name: "name", Type: sal.String, Description: "Name of the logger."},
			{Name: "level", Type: sal.Int, Description: "Level: 10 debug, 20 info, 30 warning, 40 error, 50 critical."},
			{Name: "message", Type: sal.String, Description: "The text."},
			{Name: "traceback", Type: sal.String, Description: "Where in the program an error arose; empty if it is none."},
			{Name: "filePath", Type: sal.String, Description: "Source file."},
			{Name: "functionName", Type: sal.String, Description: "Function in it."},
			{Name: "lineNumber", Type: sal.Long, Description: "Line in it."},
			{Name: "process", Type: sal.Long, Description: "Process id."},
			{Name: "timestamp", Type: sal.Double, Units: "second", Description: "When what is reported was seen (TAI, UNIX seconds); 0 if that is when it was sent."},
		}},
		{Kind: sal.Event, Name: "softwareVersions", Description: "Versions of what runs.", Fields: []sal.Field{
			{Name: "salVersion", Type: sal.String, Description: "Version of the message library."},
			{Name: "xmlVersion", Type: sal.String, Description: "Version of the interface definitions."},
			{Name: "cscVersion", Type: sal.String, Description: "Version of the component."},
			{Name: "subsystemVersions", Type: sal.String, Description: "Versions of its parts, as name=version separated by commas."},
		}},
		{Kind: sal.Event, Name: "heartbeat", Description: "The component lives; sent every second.", Fields: []sal.Field{
			{Name: "heartbeat", Type: sal.Boolean, Description: "Means nothing."},
		}},
	}
}

// csc returns the topics of components that follow the standard states.
func csc() []*sal.Topic {
	return []*sal.Topic{
		{Kind: sal.Command, Name: "enable", Description: "Go from DISABLED to ENABLED."},
		{Kind: sal.Command, Name: "disable", Description: "Go from ENABLED to DISABLED."},
		{Kind: sal.Command, Name: "standby", Description: "Go from DISABLED or FAULT to STANDBY."},
		{Kind: sal.Command, Name: "exitControl", Description: "Go from STANDBY to OFFLINE; most components end then."},
		{Kind: sal.Command, Name: "start", Description: "Go from STANDBY to DISABLED, with a configuration.", Fields: []sal.Field{
			{Name: "configurationOverride", Type: sal.String, Description: "Name of the configuration to use on top of the standard one; empty for none."},
		}},
		setLogLevel(),
		{Kind: sal.Event, Name: "errorCode", Description: "Why the component went to FAULT.", Fields: []sal.Field{
			{Name: "errorCode", Type: sal.Long, Description: "Number of the error; 0 for none."},
			{Name: "errorReport", Type: sal.String, Description: "What went wrong."},
			{Name: "traceback", Type: sal.String, Description: "Where in the program it went wrong, if known."},
		}},
		{Kind: sal.Event, Name: "summaryState", Description: "The state of the component.", Fields: []sal.Field{
			{Name: "summaryState", Type: sal.Long, Description: "1 DISABLED, 2 ENABLED, 3 FAULT, 4 OFFLINE, 5 STANDBY."},
		}},
		{Kind: sal.Event, Name: "simulationMode", Description: "Whether the component simulates its device.", Fields: []sal.Field{
			{Name: "mode", Type: sal.Int, Description: "0 if it does not; other numbers depend on the component."},
		}},
	}
}

// configurable returns the topics of components that read a configuration when
// they start.
func configurable() []*sal.Topic {
	return []*sal.Topic{
		{Kind: sal.Event, Name: "configurationApplied", Description: "The configuration in use.", Fields: []sal.Field{
			{Name: "configurations", Type: sal.String, Description: "Names of the configurations in use, separated by commas."},
			{Name: "version", Type: sal.String, Description: "Version of where they come from."},
			{Name: "url", Type: sal.String, Description: "Address of where they come from."},
			{Name: "schemaVersion", Type: sal.String, Description: "Version of the schema that they follow."},
			{Name: "otherInfo", Type: sal.String, Description: "Events with more about the configuration, separated by commas."},
		}},
		{Kind: sal.Event, Name: "configurationsAvailable", Description: "The configurations to choose from.", Fields: []sal.Field{
			{Name: "overrides", Type: sal.String, Description: "Names that the command start accepts, separated by commas."},
			{Name: "version", Type: sal.String, Description: "Version of where they come from."},
			{Name: "url", Type: sal.String, Description: "Address of where they come from."},
			{Name: "schemaVersion", Type: sal.String, Description: "Version of the schema that they follow."},
		}},
	}
}

// setLogLevel returns a command that components without the standard states may
// have too.
func setLogLevel() *sal.Topic {
	return &sal.Topic{Kind: sal.Command, Name: "setLogLevel", Description: "Choose how much is logged.", Fields: []sal.Field{
		{Name: "level", Type: sal.Int, Description: "Least level to log: 10 debug, 20 info, 30 warning, 40 error."},
		{Name: "subsystem", Type: sal.String, Description: "Parts of the component that it is meant for, separated by commas; empty for all."},
	}}
}

// clockOffset returns an event that few components have.
func clockOffset() *sal.Topic {
	return &sal.Topic{Kind: sal.Event, Name: "clockOffset", Description: "How far the clock of a low-level controller is ahead.", Fields: []sal.Field{
		{Name: "offset", Type: sal.Double, Units: "second", Description: "Time of the controller minus time of the component."},
	}}
}

// largeFileObjectAvailable returns an event that few components have.
func largeFileObjectAvailable() *sal.Topic {
	return &sal.Topic{Kind: sal.Event, Name: "largeFileObjectAvailable", Description: "A large file can be fetched.", Fields: []sal.Field{
		{Name: "url", Type: sal.String, Description: "Address of the file."},
		{Name: "generator", Type: sal.String, Description: "What made the file."},
		{Name: "version", Type: sal.Float, Description: "Version of its format."},
		{Name: "byteSize", Type: sal.Long, Description: "Its size in bytes."},
		{Name: "checkSum", Type: sal.String, Description: "Its check sum, hexadecimal."},
		{Name: "mimeType", Type: sal.String, Description: "Its media type."},
		{Name: "id", Type: sal.String, Description: "A name for it."},
	}}
}
