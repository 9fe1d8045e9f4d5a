package definitions

import (
	"slices"

	"github.com/rubin-love/love-go/love/sal"
)

func mtHexapod() *sal.Component {
	return &sal.Component{
		Name:        "MTHexapod",
		Description: "Hexapods of the Simonyi Survey Telescope: 1 moves the camera, 2 moves M2.",
		Indexed:     true,
		Enumerations: []sal.Enumeration{
			{Name: "ControllerState", Members: []sal.Choice{
				{Name: "Standby", Number: 0},
				{Name: "Enabled", Number: 2},
				{Name: "Fault", Number: 4},
			}},
			{Name: "EnabledSubstate", Members: []sal.Choice{
				{Name: "Stationary", Number: 0},
				{Name: "MovingPointToPoint", Number: 1},
				{Name: "SlewingOrTracking", Number: 2},
				{Name: "ControlledStopping", Number: 3},
				{Name: "ConstantVelocity", Number: 6},
			}},
		},
		Topics: slices.Concat(mandatory(), csc(), configurable(), []*sal.Topic{
			{Kind: sal.Command, Name: "move", Description: "Move.", Fields: []sal.Field{
				{Name: "x", Type: sal.Double, Units: "um", Description: "X."},
				{Name: "y", Type: sal.Double, Units: "um", Description: "Y."},
				{Name: "z", Type: sal.Double, Units: "um", Description: "Z."},
				{Name: "u", Type: sal.Double, Units: "deg", Description: "U."},
				{Name: "v", Type: sal.Double, Units: "deg", Description: "V."},
				{Name: "w", Type: sal.Double, Units: "deg", Description: "W."},
				{Name: "sync", Type: sal.Boolean, Description: "Sync."},
			}},
			{Kind: sal.Command, Name: "offset", Description: "Offset.", Fields: []sal.Field{
				{Name: "x", Type: sal.Double, Units: "um", Description: "X."},
				{Name: "y", Type: sal.Double, Units: "um", Description: "Y."},
				{Name: "z", Type: sal.Double, Units: "um", Description: "Z."},
				{Name: "u", Type: sal.Double, Units: "deg", Description: "U."},
				{Name: "v", Type: sal.Double, Units: "deg", Description: "V."},
				{Name: "w", Type: sal.Double, Units: "deg", Description: "W."},
				{Name: "sync", Type: sal.Boolean, Description: "Sync."},
			}},
			{Kind: sal.Command, Name: "setCompensationMode", Description: "Set compensation mode.", Fields: []sal.Field{
				{Name: "enable", Type: sal.Boolean, Description: "Enable."},
			}},
			{Kind: sal.Command, Name: "setPivot", Description: "Set pivot.", Fields: []sal.Field{
				{Name: "x", Type: sal.Double, Units: "um", Description: "X."},
				{Name: "y", Type: sal.Double, Units: "um", Description: "Y."},
				{Name: "z", Type: sal.Double, Units: "um", Description: "Z."},
			}},
			{Kind: sal.Command, Name: "stop", Description: "Stop."},
			{Kind: sal.Event, Name: "commandableByDDS", Description: "Commandable by DDS.", Fields: []sal.Field{
				{Name: "state", Type: sal.Boolean, Description: "State."},
			}},
			{Kind: sal.Event, Name: "compensationOffset", Description: "Compensation offset.", Fields: []sal.Field{
				{Name: "elevation", Type: sal.Double, Units: "deg", Description: "Elevation."},
				{Name: "azimuth", Type: sal.Double, Units: "deg", Description: "Azimuth."},
				{Name: "rotation", Type: sal.Double, Units: "deg", Description: "Rotation."},
				{Name: "temperature", Type: sal.Double, Units: "deg_C", Description: "Temperature."},
				{Name: "x", Type: sal.Double, Units: "um", Description: "X."},
				{Name: "y", Type: sal.Double, Units: "um", Description: "Y."},
				{Name: "z", Type: sal.Double, Units: "um", Description: "Z."},
				{Name: "u", Type: sal.Double, Units: "deg", Description: "U."},
				{Name: "v", Type: sal.Double, Units: "deg", Description: "V."},
				{Name: "w", Type: sal.Double, Units: "deg", Description: "W."},
			}},
			{Kind: sal.Event, Name: "compensationMode", Description: "Compensation mode.", Fields: []sal.Field{
				{Name: "enabled", Type: sal.Boolean, Description: "Enabled."},
			}},
			{Kind: sal.Event, Name: "configuration", Description: "Configuration.", Fields: []sal.Field{
				{Name: "maxXY", Type: sal.Double, Units: "um", Description: "Max XY."},
				{Name: "minZ", Type: sal.Double, Units: "um", Description: "Min z."},
				{Name: "maxZ", Type: sal.Double, Units: "um", Description: "Max z."},
				{Name: "maxUV", Type: sal.Double, Units: "deg", Description: "Max UV."},
				{Name: "minW", Type: sal.Double, Units: "deg", Description: "Min w."},
				{Name: "maxW", Type: sal.Double, Units: "deg", Description: "Max w."},
				{Name: "maxVelocityXY", Type: sal.Double, Units: "um/s", Description: "Max velocity XY."},
				{Name: "maxVelocityZ", Type: sal.Double, Units: "um/s", Description: "Max velocity z."},
				{Name: "maxVelocityUV", Type: sal.Double, Units: "deg/s", Description: "Max velocity UV."},
				{Name: "maxVelocityW", Type: sal.Double, Units: "deg/s", Description: "Max velocity w."},
				{Name: "pivotX", Type: sal.Double, Units: "um", Description: "Pivot x."},
				{Name: "pivotY", Type: sal.Double, Units: "um", Description: "Pivot y."},
				{Name: "pivotZ", Type: sal.Double, Units: "um", Description: "Pivot z."},
				{Name: "maxDisplacementStrut", Type: sal.Double, Units: "um", Description: "Max displacement strut."},
				{Name: "maxVelocityStrut", Type: sal.Double, Units: "um/s", Description: "Max velocity strut."},
				{Name: "accelerationStrut", Type: sal.Double, Units: "um/s2", Description: "Acceleration strut."},
				{Name: "drivesEnabled", Type: sal.Boolean, Description: "Drives enabled."},
			}},
			{Kind: sal.Event, Name: "connected", Description: "Connected.", Fields: []sal.Field{
				{Name: "connected", Type: sal.Boolean, Description: "Connected."},
			}},
			{Kind: sal.Event, Name: "controllerState", Description: "Controller state.", Fields: []sal.Field{
				{Name: "controllerState", Type: sal.Long, Description: "Controller state."},
				{Name: "enabledSubstate", Type: sal.Long, Description: "Enabled substate."},
				{Name: "applicationStatus", Type: sal.Long, Description: "Application status."},
			}},
			{Kind: sal.Event, Name: "inPosition", Description: "In position.", Fields: []sal.Field{
				{Name: "inPosition", Type: sal.Boolean, Description: "In position."},
			}},
			{Kind: sal.Event, Name: "interlock", Description: "Interlock.", Fields: []sal.Field{
				{Name: "engaged", Type: sal.Boolean, Description: "Engaged."},
			}},
			{Kind: sal.Event, Name: "uncompensatedPosition", Description: "Uncompensated position.", Fields: []sal.Field{
				{Name: "x", Type: sal.Double, Units: "um", Description: "X."},
				{Name: "y", Type: sal.Double, Units: "um", Description: "Y."},
				{Name: "z", Type: sal.Double, Units: "um", Description: "Z."},
				{Name: "u", Type: sal.Double, Units: "deg", Description: "U."},
				{Name: "v", Type: sal.Double, Units: "deg", Description: "V."},
				{Name: "w", Type: sal.Double, Units: "deg", Description: "W."},
			}},
			{Kind: sal.Event, Name: "compensatedPosition", Description: "Compensated position.", Fields: []sal.Field{
				{Name: "x", Type: sal.Double, Units: "um", Description: "X."},
				{Name: "y", Type: sal.Double, Units: "um", Description: "Y."},
				{Name: "z", Type: sal.Double, Units: "um", Description: "Z."},
				{Name: "u", Type: sal.Double, Units: "deg", Description: "U."},
				{Name: "v", Type: sal.Double, Units: "deg", Description: "V."},
				{Name: "w", Type: sal.Double, Units: "deg", Description: "W."},
			}},
			{Kind: sal.Telemetry, Name: "actuators", Description: "Telemetry: actuators.", Fields: []sal.Field{
				{Name: "calibrated", Type: sal.Double, Count: 6, Units: "um", Description: "Calibrated."},
				{Name: "raw", Type: sal.Double, Count: 6, Description: "Raw."},
				{Name: "positionError", Type: sal.Double, Count: 6, Units: "micron", Description: "Position error."},
				{Name: "timestamp", Type: sal.Double, Units: "second", Description: "Timestamp."},
			}},
			{Kind: sal.Telemetry, Name: "application", Description: "Telemetry: application.", Fields: []sal.Field{
				{Name: "demand", Type: sal.Double, Count: 6, Description: "Demand."},
				{Name: "position", Type: sal.Double, Count: 6, Description: "Position."},
				{Name: "error", Type: sal.Double, Count: 6, Description: "Error."},
			}},
			{Kind: sal.Telemetry, Name: "electrical", Description: "Telemetry: electrical.", Fields: []sal.Field{
				{Name: "copleyStatusWordDrive", Type: sal.UnsignedShort, Count: 6, Description: "Copley status word drive."},
				{Name: "copleyLatchingFaultStatus", Type: sal.UnsignedShort, Count: 6, Description: "Copley latching fault status."},
				{Name: "copleyFaultStatus", Type: sal.UnsignedInt, Count: 6, Description: "Copley fault status."},
				{Name: "motorCurrent", Type: sal.Double, Count: 6, Units: "A", Description: "Motor current."},
				{Name: "busVoltage", Type: sal.Double, Count: 3, Units: "V", Description: "Bus voltage."},
			}},
		}),
	}
}
