package definitions

import (
	"slices"

	"github.com/rubin-love/love-go/love/sal"
)

func atDome() *sal.Component {
	return &sal.Component{
		Name:        "ATDome",
		Description: "Dome of the Auxiliary Telescope: azimuth and two shutter doors.",
		Enumerations: []sal.Enumeration{
			numbered("AzimuthCommandedState", "Unknown", "GoToPosition", "Home", "Stop"),
			numbered("AzimuthState", "NotInMotion", "MovingCW", "MovingCCW"),
			numbered("ShutterDoorCommandedState", "Unknown", "Closed", "Opened", "Stop"),
			numbered("ShutterDoorState", "Closed", "Opened", "PartiallyOpened", "Opening", "Closing"),
		},
		Topics: slices.Concat(mandatory(), csc(), configurable(), []*sal.Topic{
			{Kind: sal.Command, Name: "moveAzimuth", Description: "Turn the dome, the shorter way round.", Fields: []sal.Field{
				{Name: "azimuth", Type: sal.Float, Units: "deg", Description: "Where to; 0 to 360."},
			}},
			{Kind: sal.Command, Name: "closeShutter", Description: "Close both doors, in the order that does not jam them."},
			{Kind: sal.Command, Name: "openShutter", Description: "Open both doors, in the order that does not jam them."},
			{Kind: sal.Command, Name: "stopMotion", Description: "Stop azimuth and both doors."},
			{Kind: sal.Command, Name: "homeAzimuth", Description: "Find the home switch of azimuth."},
			{Kind: sal.Command, Name: "moveShutterDropoutDoor", Description: "Move the dropout door alone, for engineers.", Fields: []sal.Field{
				{Name: "open", Type: sal.Boolean, Description: "Open it, or else close it."},
			}},
			{Kind: sal.Command, Name: "moveShutterMainDoor", Description: "Move the main door alone, for engineers.", Fields: []sal.Field{
				{Name: "open", Type: sal.Boolean, Description: "Open it, or else close it."},
			}},
			{Kind: sal.Event, Name: "azimuthCommandedState", Description: "The last command to azimuth.", Fields: []sal.Field{
				{Name: "commandedState", Type: sal.Long, Description: "1 unknown, 2 go to position, 3 home, 4 stop."},
				{Name: "azimuth", Type: sal.Float, Units: "deg", Description: "The commanded position; NaN if there is none."},
			}},
			{Kind: sal.Event, Name: "azimuthState", Description: "What azimuth does.", Fields: []sal.Field{
				{Name: "state", Type: sal.Long, Description: "1 not in motion, 2 moving clockwise, 3 moving counterclockwise."},
				{Name: "homing", Type: sal.Boolean, Description: "It looks for its home switch."},
				{Name: "homed", Type: sal.Boolean, Description: "It found its home switch since the start."},
				{Name: "homeSwitch", Type: sal.Boolean, Description: "The home switch is pressed."},
			}},
			{Kind: sal.Event, Name: "dropoutDoorCommandedState", Description: "The last command to the dropout door.", Fields: []sal.Field{
				{Name: "commandedState", Type: sal.Long, Description: "1 unknown, 2 closed, 3 opened, 4 stop."},
			}},
			{Kind: sal.Event, Name: "dropoutDoorState", Description: "What the dropout door does.", Fields: []sal.Field{
				{Name: "state", Type: sal.Long, Description: "1 closed, 2 opened, 3 partially opened, 4 opening, 5 closing."},
			}},
			{Kind: sal.Event, Name: "mainDoorCommandedState", Description: "The last command to the main door.", Fields: []sal.Field{
				{Name: "commandedState", Type: sal.Long, Description: "1 unknown, 2 closed, 3 opened, 4 stop."},
			}},
			{Kind: sal.Event, Name: "mainDoorState", Description: "What the main door does.", Fields: []sal.Field{
				{Name: "state", Type: sal.Long, Description: "1 closed, 2 opened, 3 partially opened, 4 opening, 5 closing."},
			}},
			{Kind: sal.Event, Name: "moveCode", Description: "Motion bits of the low-level controller.", Fields: []sal.Field{
				{Name: "code", Type: sal.Long, Description: "The bits."},
			}},
			{Kind: sal.Event, Name: "azimuthInPosition", Description: "Whether azimuth is at its commanded position.", Fields: []sal.Field{
				{Name: "inPosition", Type: sal.Boolean, Description: "It is."},
			}},
			{Kind: sal.Event, Name: "shutterInPosition", Description: "Whether both doors are at their commanded positions.", Fields: []sal.Field{
				{Name: "inPosition", Type: sal.Boolean, Description: "They are."},
			}},
			{Kind: sal.Event, Name: "allAxesInPosition", Description: "Whether azimuth and both doors are at their commanded positions.", Fields: []sal.Field{
				{Name: "inPosition", Type: sal.Boolean, Description: "They are."},
			}},
			{Kind: sal.Event, Name: "doorEncoderExtremes", Description: "Encoder readings of the doors at their ends.", Fields: []sal.Field{
				{Name: "mainClosed", Type: sal.LongLong, Description: "Main door closed."},
				{Name: "mainOpened", Type: sal.LongLong, Description: "Main door open."},
				{Name: "dropoutClosed", Type: sal.LongLong, Description: "Dropout door closed."},
				{Name: "dropoutOpened", Type: sal.LongLong, Description: "Dropout door open."},
			}},
			{Kind: sal.Event, Name: "lastAzimuthGoTo", Description: "The last commanded position of azimuth.", Fields: []sal.Field{
				{Name: "position", Type: sal.Float, Units: "deg", Description: "The azimuth."},
			}},
			{Kind: sal.Event, Name: "emergencyStop", Description: "Whether the emergency stop is pressed.", Fields: []sal.Field{
				{Name: "active", Type: sal.Boolean, Description: "It is."},
			}},
			{Kind: sal.Event, Name: "scbLink", Description: "Whether the main box talks to the shutter box.", Fields: []sal.Field{
				{Name: "active", Type: sal.Boolean, Description: "It does."},
			}},
			{Kind: sal.Event, Name: "settingsAppliedDomeController", Description: "Settings of the dome controller.", Fields: []sal.Field{
				{Name: "rainSensorEnabled", Type: sal.Boolean, Description: "The rain sensor counts."},
				{Name: "cloudSensorEnabled", Type: sal.Boolean, Description: "The cloud sensor counts."},
				{Name: "tolerance", Type: sal.Float, Units: "deg", Description: "Smaller moves are not made."},
				{Name: "homeAzimuth", Type: sal.Float, Units: "deg", Description: "Azimuth of the home switch."},
				{Name: "highSpeedDistance", Type: sal.Float, Units: "deg", Description: "Moves from this length on are made fast."},
				{Name: "watchdogTimer", Type: sal.Float, Units: "second", Description: "How long the shutter box may be out of reach."},
				{Name: "dropoutTimer", Type: sal.Float, Units: "second", Description: "Time of the dropout door."},
				{Name: "reversalDelay", Type: sal.Float, Units: "second", Description: "Pause before a door turns round."},
				{Name: "autoShutdownEnabled", Type: sal.Boolean, Description: "Doors close by themselves in bad weather."},
				{Name: "coast", Type: sal.Float, Units: "deg", Description: "How far azimuth runs on after a stop."},
				{Name: "encoderCountsPer360", Type: sal.LongLong, Description: "Azimuth encoder counts in a full turn."},
				{Name: "azimuthMoveTimeout", Type: sal.Float, Units: "second", Description: "How long an azimuth move may take."},
				{Name: "doorMoveTimeout", Type: sal.Float, Units: "second", Description: "How long a door may take."},
			}},
			{Kind: sal.Event, Name: "settingsAppliedDomeTcp", Description: "How the component reaches the dome controller.", Fields: []sal.Field{
				{Name: "host", Type: sal.String, Description: "Host of the controller."},
				{Name: "port", Type: sal.Long, Description: "Port of the controller."},
				{Name: "readTimeout", Type: sal.Float, Units: "second", Description: "How long an answer may take."},
				{Name: "connectionTimeout", Type: sal.Float, Units: "second", Description: "How long connecting may take."},
			}},
			{Kind: sal.Telemetry, Name: "position", Description: "Where azimuth and the doors are.", Fields: []sal.Field{
				{Name: "dropoutDoorOpeningPercentage", Type: sal.Float, Description: "How far the dropout door is open; 100 is all the way."},
				{Name: "mainDoorOpeningPercentage", Type: sal.Float, Description: "How far the main door is open; 100 is all the way."},
				{Name: "azimuthPosition", Type: sal.Double, Units: "deg", Description: "Azimuth."},
				{Name: "azimuthEncoderPosition", Type: sal.LongLong, Description: "Azimuth encoder reading."},
			}},
		}),
	}
}
