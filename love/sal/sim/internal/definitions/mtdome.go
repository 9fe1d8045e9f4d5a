package definitions

import (
	"slices"

	"github.com/rubin-love/love-go/love/sal"
)

func mtDome() *sal.Component {
	return &sal.Component{
		Name:        "MTDome",
		Description: "Dome of the Simonyi Survey Telescope: azimuth, light and wind screen, shutter, louvers.",
		Enumerations: []sal.Enumeration{
			numbered("EnabledState", "Disabled", "Enabled", "Fault"),
			numbered("MotionState",
				"Error", "Closed", "Closing", "Crawling", "Moving", "Open", "Opening", "Parked", "Parking",
				"Stopped", "Stopping", "Stopping_Braking", "Stopped_Braked", "Brake_Disengaged", "Brakes_Disengaged",
				"Brake_Engaged", "Brakes_Engaged", "Deflated", "Deflating", "Disabling_Motor_Power", "Disengaging_Brake",
				"Disengaging_Brakes", "Enabling_Motor_Power", "Engaging_Brake", "Engaging_Brakes", "Final_Low_Close_Ls_Engaged",
				"Final_Low_Open_Ls_Engaged", "Final_Up_Close_Ls_Engaged", "Final_Up_Open_Ls_Engaged", "Glycol_Flowing",
				"Go_Degraded", "Go_Normal", "Go_Stationary", "Inclined", "Inflated", "Inflating", "Lp_Disengaged",
				"Lp_Disengaging", "Lp_Engaged", "Lp_Engaging", "Motor_Cooling_Off", "Motor_Cooling_On", "Motor_Power_Off",
				"Motor_Power_On", "Proximity_Closed_Ls_Engaged", "Proximity_Open_Ls_Engaged", "Starting_Motor_Cooling",
				"Stopping_Motor_Cooling", "Undetermined", "Vertical", "Waiting_Amcs_Stationary", "Disabled",
				"Disabling", "Enabled", "Enabling",
			),
			{Name: "SubSystemId", Members: []sal.Choice{
				{Name: "AMCS", Number: 1},
				{Name: "LWSCS", Number: 2},
				{Name: "APSCS", Number: 4},
				{Name: "LCS", Number: 8},
				{Name: "THCS", Number: 16},
				{Name: "MONCS", Number: 32},
				{Name: "RAD", Number: 64},
				{Name: "CSCS", Number: 128},
				{Name: "OBC", Number: 256},
				{Name: "CBCS", Number: 512},
			}},
			numbered("OnOff", "On", "Off"),
			numbered("OpenClose", "OPEN", "CLOSED"),
			numbered("OperationalMode", "Normal", "Degraded"),
			numbered("PowerManagementMode", "NO_POWER_MANAGEMENT", "OPERATIONS", "EMERGENCY", "MAINTENANCE"),
			numbered("ControlMode", "Remote", "LocalPushButtons", "LocalKeba", "LocalEUI"),
		},
		Topics: slices.Concat(mandatory(), csc(), configurable(), []*sal.Topic{
			{Kind: sal.Command, Name: "crawlAz", Description: "Crawl az.", Fields: []sal.Field{
				{Name: "velocity", Type: sal.Double, Units: "deg/second", Description: "Velocity."},
			}},
			{Kind: sal.Command, Name: "crawlEl", Description: "Crawl el.", Fields: []sal.Field{
				{Name: "velocity", Type: sal.Double, Units: "deg/second", Description: "Velocity."},
			}},
			{Kind: sal.Command, Name: "moveAz", Description: "Move az.", Fields: []sal.Field{
				{Name: "position", Type: sal.Double, Units: "deg", Description: "Position."},
				{Name: "velocity", Type: sal.Double, Units: "deg/second", Description: "Velocity."},
			}},
			{Kind: sal.Command, Name: "moveEl", Description: "Move el.", Fields: []sal.Field{
				{Name: "position", Type: sal.Double, Units: "deg", Description: "Position."},
			}},
			{Kind: sal.Command, Name: "park", Description: "Park."},
			{Kind: sal.Command, Name: "setLouvers", Description: "Set louvers.", Fields: []sal.Field{
				{Name: "position", Type: sal.Float, Count: 34, Description: "Position."},
			}},
			{Kind: sal.Command, Name: "closeLouvers", Description: "Close louvers."},
			{Kind: sal.Command, Name: "closeShutter", Description: "Close shutter."},
			{Kind: sal.Command, Name: "openShutter", Description: "Open shutter."},
			{Kind: sal.Command, Name: "stop", Description: "Stop.", Fields: []sal.Field{
				{Name: "engageBrakes", Type: sal.Boolean, Description: "Engage brakes."},
				{Name: "subSystemIds", Type: sal.Int, Description: "Sub system ids."},
			}},
			{Kind: sal.Command, Name: "exitFault", Description: "Exit fault.", Fields: []sal.Field{
				{Name: "subSystemIds", Type: sal.Int, Description: "Sub system ids."},
			}},
			{Kind: sal.Event, Name: "azEnabled", Description: "Az enabled.", Fields: []sal.Field{
				{Name: "state", Type: sal.Int, Description: "State."},
				{Name: "faultCode", Type: sal.String, Description: "Fault code."},
			}},
			{Kind: sal.Event, Name: "elEnabled", Description: "El enabled.", Fields: []sal.Field{
				{Name: "state", Type: sal.Int, Description: "State."},
				{Name: "faultCode", Type: sal.String, Description: "Fault code."},
			}},
			{Kind: sal.Event, Name: "shutterEnabled", Description: "Shutter enabled.", Fields: []sal.Field{
				{Name: "state", Type: sal.Int, Description: "State."},
				{Name: "faultCode", Type: sal.String, Description: "Fault code."},
			}},
			{Kind: sal.Event, Name: "louversEnabled", Description: "Louvers enabled.", Fields: []sal.Field{
				{Name: "state", Type: sal.Int, Description: "State."},
				{Name: "faultCode", Type: sal.String, Description: "Fault code."},
			}},
			{Kind: sal.Event, Name: "azMotion", Description: "Az motion.", Fields: []sal.Field{
				{Name: "state", Type: sal.Int, Description: "State."},
				{Name: "inPosition", Type: sal.Boolean, Description: "In position."},
			}},
			{Kind: sal.Event, Name: "elMotion", Description: "El motion.", Fields: []sal.Field{
				{Name: "state", Type: sal.Int, Description: "State."},
				{Name: "inPosition", Type: sal.Boolean, Description: "In position."},
			}},
			{Kind: sal.Event, Name: "shutterMotion", Description: "Shutter motion.", Fields: []sal.Field{
				{Name: "state", Type: sal.Int, Count: 2, Description: "State."},
				{Name: "inPosition", Type: sal.Boolean, Count: 2, Description: "In position."},
			}},
			{Kind: sal.Event, Name: "louversMotion", Description: "Louvers motion.", Fields: []sal.Field{
				{Name: "state", Type: sal.Int, Count: 34, Description: "State."},
				{Name: "inPosition", Type: sal.Boolean, Count: 34, Description: "In position."},
			}},
			{Kind: sal.Event, Name: "azTarget", Description: "Az target.", Fields: []sal.Field{
				{Name: "position", Type: sal.Float, Units: "deg", Description: "Position."},
				{Name: "velocity", Type: sal.Float, Units: "deg/second", Description: "Velocity."},
			}},
			{Kind: sal.Event, Name: "elTarget", Description: "El target.", Fields: []sal.Field{
				{Name: "position", Type: sal.Float, Units: "deg", Description: "Position."},
				{Name: "velocity", Type: sal.Float, Units: "deg/second", Description: "Velocity."},
			}},
			{Kind: sal.Event, Name: "operationalMode", Description: "Operational mode.", Fields: []sal.Field{
				{Name: "operationalMode", Type: sal.Int, Description: "Operational mode."},
				{Name: "subSystemId", Type: sal.Int, Description: "Sub system id."},
			}},
			{Kind: sal.Event, Name: "brakesEngaged", Description: "Brakes engaged.", Fields: []sal.Field{
				{Name: "brakes", Type: sal.String, Description: "Brakes."},
			}},
			{Kind: sal.Event, Name: "lockingPinsEngaged", Description: "Locking pins engaged.", Fields: []sal.Field{
				{Name: "engaged", Type: sal.Int, Description: "Engaged."},
			}},
			{Kind: sal.Event, Name: "interlocks", Description: "Interlocks.", Fields: []sal.Field{
				{Name: "interlocks", Type: sal.Int, Description: "Interlocks."},
			}},
			{Kind: sal.Event, Name: "azConfigurationApplied", Description: "Az configuration applied.", Fields: []sal.Field{
				{Name: "jmax", Type: sal.Float, Units: "deg/second^3", Description: "Jmax."},
				{Name: "amax", Type: sal.Float, Units: "deg/second^2", Description: "Amax."},
				{Name: "vmax", Type: sal.Float, Units: "deg/second", Description: "Vmax."},
			}},
			{Kind: sal.Event, Name: "powerManagementMode", Description: "Power management mode.", Fields: []sal.Field{
				{Name: "mode", Type: sal.Int, Description: "Mode."},
			}},
			{Kind: sal.Event, Name: "controlMode", Description: "Control mode.", Fields: []sal.Field{
				{Name: "mode", Type: sal.Int, Description: "Mode."},
			}},
			{Kind: sal.Telemetry, Name: "azimuth", Description: "Telemetry: azimuth.", Fields: []sal.Field{
				{Name: "positionActual", Type: sal.Float, Units: "deg", Description: "Position actual."},
				{Name: "positionCommanded", Type: sal.Float, Units: "deg", Description: "Position commanded."},
				{Name: "velocityActual", Type: sal.Float, Units: "deg/second", Description: "Velocity actual."},
				{Name: "velocityCommanded", Type: sal.Float, Units: "deg/second", Description: "Velocity commanded."},
				{Name: "driveTorqueActual", Type: sal.Float, Count: 5, Units: "N m", Description: "Drive torque actual."},
				{Name: "driveTorqueCommanded", Type: sal.Float, Count: 5, Units: "N m", Description: "Drive torque commanded."},
				{Name: "driveCurrentActual", Type: sal.Float, Count: 5, Units: "A", Description: "Drive current actual."},
				{Name: "encoderHeadRaw", Type: sal.Float, Count: 5, Description: "Encoder head raw."},
				{Name: "encoderHeadCalibrated", Type: sal.Float, Count: 5, Units: "deg", Description: "Encoder head calibrated."},
				{Name: "barcodeHeadRaw", Type: sal.Float, Count: 3, Description: "Barcode head raw."},
				{Name: "barcodeHeadCalibrated", Type: sal.Float, Count: 3, Units: "deg", Description: "Barcode head calibrated."},
				{Name: "barcodeHeadWeighted", Type: sal.Float, Count: 3, Units: "deg", Description: "Barcode head weighted."},
				{Name: "timestamp", Type: sal.Double, Units: "second", Description: "Timestamp."},
			}},
			{Kind: sal.Telemetry, Name: "lightWindScreen", Description: "Telemetry: light wind screen.", Fields: []sal.Field{
				{Name: "positionActual", Type: sal.Float, Units: "deg", Description: "Position actual."},
				{Name: "positionCommanded", Type: sal.Float, Units: "deg", Description: "Position commanded."},
				{Name: "velocityActual", Type: sal.Float, Units: "deg/second", Description: "Velocity actual."},
				{Name: "velocityCommanded", Type: sal.Float, Units: "deg/second", Description: "Velocity commanded."},
				{Name: "driveTorqueActual", Type: sal.Float, Count: 2, Units: "N m", Description: "Drive torque actual."},
				{Name: "driveTorqueCommanded", Type: sal.Float, Count: 2, Units: "N m", Description: "Drive torque commanded."},
				{Name: "driveCurrentActual", Type: sal.Float, Count: 2, Units: "A", Description: "Drive current actual."},
				{Name: "driveTemperature", Type: sal.Float, Count: 2, Units: "deg_C", Description: "Drive temperature."},
				{Name: "encoderHeadRaw", Type: sal.Float, Count: 2, Description: "Encoder head raw."},
				{Name: "encoderHeadCalibrated", Type: sal.Float, Count: 2, Units: "deg", Description: "Encoder head calibrated."},
				{Name: "resolverRaw", Type: sal.Float, Count: 2, Description: "Resolver raw."},
				{Name: "resolverCalibrated", Type: sal.Float, Count: 2, Units: "deg", Description: "Resolver calibrated."},
				{Name: "powerDraw", Type: sal.Float, Units: "W", Description: "Power draw."},
				{Name: "timestamp", Type: sal.Double, Units: "second", Description: "Timestamp."},
			}},
			{Kind: sal.Telemetry, Name: "apertureShutter", Description: "Telemetry: aperture shutter.", Fields: []sal.Field{
				{Name: "positionActual", Type: sal.Float, Count: 2, Description: "Position actual."},
				{Name: "positionCommanded", Type: sal.Float, Count: 2, Description: "Position commanded."},
				{Name: "driveTorqueActual", Type: sal.Float, Count: 4, Units: "N m", Description: "Drive torque actual."},
				{Name: "driveTorqueCommanded", Type: sal.Float, Count: 4, Units: "N m", Description: "Drive torque commanded."},
				{Name: "driveCurrentActual", Type: sal.Float, Count: 4, Units: "A", Description: "Drive current actual."},
				{Name: "driveTemperature", Type: sal.Float, Count: 4, Units: "deg_C", Description: "Drive temperature."},
				{Name: "resolverHeadRaw", Type: sal.Float, Count: 4, Description: "Resolver head raw."},
				{Name: "resolverHeadCalibrated", Type: sal.Float, Count: 4, Units: "deg", Description: "Resolver head calibrated."},
				{Name: "powerDraw", Type: sal.Float, Units: "W", Description: "Power draw."},
				{Name: "timestamp", Type: sal.Double, Units: "second", Description: "Timestamp."},
			}},
			{Kind: sal.Telemetry, Name: "louvers", Description: "Telemetry: louvers.", Fields: []sal.Field{
				{Name: "positionActual", Type: sal.Float, Count: 34, Description: "Position actual."},
				{Name: "positionCommanded", Type: sal.Float, Count: 34, Description: "Position commanded."},
				{Name: "driveTorqueActual", Type: sal.Float, Count: 68, Units: "N m", Description: "Drive torque actual."},
				{Name: "driveTorqueCommanded", Type: sal.Float, Count: 68, Units: "N m", Description: "Drive torque commanded."},
				{Name: "driveCurrentActual", Type: sal.Float, Count: 68, Units: "A", Description: "Drive current actual."},
				{Name: "driveTemperature", Type: sal.Float, Count: 68, Units: "deg_C", Description: "Drive temperature."},
				{Name: "encoderHeadRaw", Type: sal.Float, Count: 68, Description: "Encoder head raw."},
				{Name: "encoderHeadCalibrated", Type: sal.Float, Count: 68, Units: "deg", Description: "Encoder head calibrated."},
				{Name: "powerDraw", Type: sal.Float, Units: "W", Description: "Power draw."},
				{Name: "timestamp", Type: sal.Double, Units: "second", Description: "Timestamp."},
			}},
		}),
	}
}
