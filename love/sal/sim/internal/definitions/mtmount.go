package definitions

import (
	"slices"

	"github.com/rubin-love/love-go/love/sal"
)

func mtMount() *sal.Component {
	return &sal.Component{
		Name:        "MTMount",
		Description: "Mount of the Simonyi Survey Telescope: azimuth, elevation, mirror covers, camera cable wrap.",
		Topics: slices.Concat(mandatory(), csc(), configurable(), []*sal.Topic{
			clockOffset(),
			{Kind: sal.Command, Name: "closeMirrorCovers", Description: "Close all mirror covers."},
			{Kind: sal.Command, Name: "openMirrorCovers", Description: "Open mirror covers.", Fields: []sal.Field{
				{Name: "leaf", Type: sal.Short, Description: "Which: 0 all, 1 to 4 one of them."},
			}},
			{Kind: sal.Command, Name: "disableCameraCableWrapFollowing", Description: "Let the camera cable wrap stand still."},
			{Kind: sal.Command, Name: "enableCameraCableWrapFollowing", Description: "Let the camera cable wrap follow the rotator."},
			{Kind: sal.Command, Name: "homeBothAxes", Description: "Find the home switches of azimuth and elevation."},
			{Kind: sal.Command, Name: "park", Description: "Move to a park position and stay.", Fields: []sal.Field{
				{Name: "position", Type: sal.Short, Description: "1 zenith, 2 horizon."},
			}},
			{Kind: sal.Command, Name: "unpark", Description: "Leave the park position."},
			{Kind: sal.Command, Name: "moveToTarget", Description: "Move both axes and stay there.", Fields: []sal.Field{
				{Name: "azimuth", Type: sal.Double, Units: "deg", Description: "Where azimuth goes; -270 to 270."},
				{Name: "elevation", Type: sal.Double, Units: "deg", Description: "Where elevation goes; 15 to 86.5."},
			}},
			{Kind: sal.Command, Name: "startTracking", Description: "Get ready for trackTarget."},
			{Kind: sal.Command, Name: "trackTarget", Description: "Follow a target; sent many times a second while tracking.", Fields: []sal.Field{
				{Name: "azimuth", Type: sal.Double, Units: "deg", Description: "Azimuth at the given time."},
				{Name: "azimuthVelocity", Type: sal.Double, Units: "deg/second", Description: "Its velocity."},
				{Name: "elevation", Type: sal.Double, Units: "deg", Description: "Elevation at the given time."},
				{Name: "elevationVelocity", Type: sal.Double, Units: "deg/second", Description: "Its velocity."},
				{Name: "taiTime", Type: sal.Double, Units: "second", Description: "The time (TAI, UNIX seconds)."},
				{Name: "trackId", Type: sal.Long, Description: "Number of the target."},
				{Name: "tracksys", Type: sal.String, Description: "Kind of the target, such as sidereal."},
				{Name: "radesys", Type: sal.String, Description: "Frame of its coordinates, such as ICRS."},
			}},
			{Kind: sal.Command, Name: "stopTracking", Description: "No longer follow the target."},
			{Kind: sal.Command, Name: "stop", Description: "Stop both axes."},
			{Kind: sal.Command, Name: "clearError", Description: "Forget errors of parts of the mount.", Fields: []sal.Field{
				{Name: "mask", Type: sal.Long, Description: "One bit per part."},
			}},
			{Kind: sal.Event, Name: "azimuthHomed", Description: "Whether azimuth found its home switch.", Fields: []sal.Field{
				{Name: "homed", Type: sal.Boolean, Description: "It did."},
			}},
			{Kind: sal.Event, Name: "elevationHomed", Description: "Whether elevation found its home switch.", Fields: []sal.Field{
				{Name: "homed", Type: sal.Boolean, Description: "It did."},
			}},
			{Kind: sal.Event, Name: "azimuthInPosition", Description: "Whether azimuth is where it should be.", Fields: []sal.Field{
				{Name: "inPosition", Type: sal.Boolean, Description: "It is."},
			}},
			{Kind: sal.Event, Name: "elevationInPosition", Description: "Whether elevation is where it should be.", Fields: []sal.Field{
				{Name: "inPosition", Type: sal.Boolean, Description: "It is."},
			}},
			{Kind: sal.Event, Name: "cameraCableWrapInPosition", Description: "Whether the cable wrap is where it should be.", Fields: []sal.Field{
				{Name: "inPosition", Type: sal.Boolean, Description: "It is."},
			}},
			{Kind: sal.Event, Name: "azimuthMotionState", Description: "What azimuth does.", Fields: []sal.Field{
				{Name: "state", Type: sal.Long, Description: "0 stopping, 1 stopped, 2 moving to a point, 3 jogging, 4 tracking, 5 tracking paused."},
			}},
			{Kind: sal.Event, Name: "elevationMotionState", Description: "What elevation does.", Fields: []sal.Field{
				{Name: "state", Type: sal.Long, Description: "0 stopping, 1 stopped, 2 moving to a point, 3 jogging, 4 tracking, 5 tracking paused."},
			}},
			{Kind: sal.Event, Name: "cameraCableWrapMotionState", Description: "What the cable wrap does.", Fields: []sal.Field{
				{Name: "state", Type: sal.Long, Description: "0 stopping, 1 stopped, 2 moving to a point, 3 jogging, 4 tracking, 5 tracking paused."},
			}},
			{Kind: sal.Event, Name: "azimuthLimits", Description: "Limits that azimuth is at.", Fields: []sal.Field{
				{Name: "limits", Type: sal.UnsignedInt, Description: "One bit per limit."},
			}},
			{Kind: sal.Event, Name: "elevationLimits", Description: "Limits that elevation is at.", Fields: []sal.Field{
				{Name: "limits", Type: sal.UnsignedInt, Description: "One bit per limit."},
			}},
			{Kind: sal.Event, Name: "cameraCableWrapFollowing", Description: "Whether the cable wrap follows the rotator.", Fields: []sal.Field{
				{Name: "enabled", Type: sal.Long, Description: "1 if it does."},
			}},
			{Kind: sal.Event, Name: "connected", Description: "Whether the component reaches the low-level controller.", Fields: []sal.Field{
				{Name: "connected", Type: sal.Boolean, Description: "It does."},
			}},
			{Kind: sal.Event, Name: "telemetryConnected", Description: "Whether telemetry of the low-level controller arrives.", Fields: []sal.Field{
				{Name: "connected", Type: sal.Boolean, Description: "It does."},
			}},
			{Kind: sal.Event, Name: "mirrorCoversMotionState", Description: "What the mirror covers do.", Fields: []sal.Field{
				{Name: "state", Type: sal.UnsignedShort, Description: "All together: 0 retracted, 1 deployed, 2 retracting, 3 deploying, 4 lost."},
				{Name: "elementsState", Type: sal.UnsignedShort, Count: 4, Description: "Each of them."},
			}},
			{Kind: sal.Event, Name: "mirrorCoverLocksMotionState", Description: "What the locks of the mirror covers do.", Fields: []sal.Field{
				{Name: "state", Type: sal.UnsignedShort, Description: "All together: 0 retracted, 1 deployed, 2 retracting, 3 deploying, 4 lost."},
				{Name: "elementsState", Type: sal.UnsignedShort, Count: 4, Description: "Each of them."},
			}},
			{Kind: sal.Event, Name: "target", Description: "The target that is followed.", Fields: []sal.Field{
				{Name: "elevation", Type: sal.Double, Units: "deg", Description: "Elevation at the given time."},
				{Name: "elevationVelocity", Type: sal.Double, Units: "deg/second", Description: "Its velocity."},
				{Name: "azimuth", Type: sal.Double, Units: "deg", Description: "Azimuth at the given time."},
				{Name: "azimuthVelocity", Type: sal.Double, Units: "deg/second", Description: "Its velocity."},
				{Name: "taiTime", Type: sal.Double, Units: "second", Description: "The time (TAI, UNIX seconds)."},
				{Name: "trackId", Type: sal.Long, Description: "Number of the target."},
				{Name: "tracksys", Type: sal.String, Description: "Kind of the target, such as sidereal."},
				{Name: "radesys", Type: sal.String, Description: "Frame of its coordinates, such as ICRS."},
			}},
			{Kind: sal.Telemetry, Name: "azimuth", Description: "The azimuth axis.", Fields: []sal.Field{
				{Name: "actualAcceleration", Type: sal.Double, Units: "deg/s^2", Description: "Acceleration."},
				{Name: "actualAccelerationTimestamp", Type: sal.Double, Units: "second", Description: "When actualAcceleration was measured (TAI, UNIX seconds)."},
				{Name: "actualJerk", Type: sal.Double, Units: "deg/s^3", Description: "Change of acceleration."},
				{Name: "actualJerkTimestamp", Type: sal.Double, Units: "second", Description: "When actualJerk was measured (TAI, UNIX seconds)."},
				{Name: "actualPosition", Type: sal.Double, Units: "deg", Description: "Position."},
				{Name: "actualPositionTimestamp", Type: sal.Double, Units: "second", Description: "When actualPosition was measured (TAI, UNIX seconds)."},
				{Name: "actualTorque", Type: sal.Double, Units: "N m", Description: "Torque."},
				{Name: "actualTorqueTimestamp", Type: sal.Double, Units: "second", Description: "When actualTorque was measured (TAI, UNIX seconds)."},
				{Name: "actualVelocity", Type: sal.Double, Units: "deg/s", Description: "Velocity."},
				{Name: "actualVelocityTimestamp", Type: sal.Double, Units: "second", Description: "When actualVelocity was measured (TAI, UNIX seconds)."},
				{Name: "demandPosition", Type: sal.Double, Units: "deg", Description: "Position wanted."},
				{Name: "demandPositionTimestamp", Type: sal.Double, Units: "second", Description: "When demandPosition was measured (TAI, UNIX seconds)."},
				{Name: "demandVelocity", Type: sal.Double, Units: "deg/s", Description: "Velocity wanted."},
				{Name: "demandVelocityTimestamp", Type: sal.Double, Units: "second", Description: "When demandVelocity was measured (TAI, UNIX seconds)."},
				{Name: "timestamp", Type: sal.Double, Units: "second", Description: "When the data were measured (TAI, UNIX seconds)."},
			}},
			{Kind: sal.Telemetry, Name: "elevation", Description: "The elevation axis.", Fields: []sal.Field{
				{Name: "actualAcceleration", Type: sal.Double, Units: "deg/s^2", Description: "Acceleration."},
				{Name: "actualAccelerationTimestamp", Type: sal.Double, Units: "second", Description: "When actualAcceleration was measured (TAI, UNIX seconds)."},
				{Name: "actualJerk", Type: sal.Double, Units: "deg/s^3", Description: "Change of acceleration."},
				{Name: "actualJerkTimestamp", Type: sal.Double, Units: "second", Description: "When actualJerk was measured (TAI, UNIX seconds)."},
				{Name: "actualPosition", Type: sal.Double, Units: "deg", Description: "Position."},
				{Name: "actualPositionTimestamp", Type: sal.Double, Units: "second", Description: "When actualPosition was measured (TAI, UNIX seconds)."},
				{Name: "actualTorque", Type: sal.Double, Units: "N m", Description: "Torque."},
				{Name: "actualTorqueTimestamp", Type: sal.Double, Units: "second", Description: "When actualTorque was measured (TAI, UNIX seconds)."},
				{Name: "actualVelocity", Type: sal.Double, Units: "deg/s", Description: "Velocity."},
				{Name: "actualVelocityTimestamp", Type: sal.Double, Units: "second", Description: "When actualVelocity was measured (TAI, UNIX seconds)."},
				{Name: "demandPosition", Type: sal.Double, Units: "deg", Description: "Position wanted."},
				{Name: "demandPositionTimestamp", Type: sal.Double, Units: "second", Description: "When demandPosition was measured (TAI, UNIX seconds)."},
				{Name: "demandVelocity", Type: sal.Double, Units: "deg/s", Description: "Velocity wanted."},
				{Name: "demandVelocityTimestamp", Type: sal.Double, Units: "second", Description: "When demandVelocity was measured (TAI, UNIX seconds)."},
				{Name: "elevationInclinometer", Type: sal.Double, Units: "deg", Description: "Position by the inclinometer."},
				{Name: "elevationInclinometerTimestamp", Type: sal.Double, Units: "second", Description: "When elevationInclinometer was measured (TAI, UNIX seconds)."},
				{Name: "timestamp", Type: sal.Double, Units: "second", Description: "When the data were measured (TAI, UNIX seconds)."},
			}},
			{Kind: sal.Telemetry, Name: "cameraCableWrap", Description: "The camera cable wrap.", Fields: []sal.Field{
				{Name: "actualPosition", Type: sal.Double, Units: "deg", Description: "Position."},
				{Name: "actualPositionTimestamp", Type: sal.Double, Units: "second", Description: "When actualPosition was measured (TAI, UNIX seconds)."},
				{Name: "actualTorquePercentage", Type: sal.Double, Count: 2, Units: "%", Description: "Torque of each drive."},
				{Name: "actualTorquePercentageTimestamp", Type: sal.Double, Count: 2, Units: "second", Description: "When actualTorquePercentage was measured (TAI, UNIX seconds)."},
				{Name: "actualVelocity", Type: sal.Double, Units: "deg/s", Description: "Velocity."},
				{Name: "actualVelocityTimestamp", Type: sal.Double, Units: "second", Description: "When actualVelocity was measured (TAI, UNIX seconds)."},
				{Name: "demandPosition", Type: sal.Double, Units: "deg", Description: "Position wanted."},
				{Name: "demandPositionTimestamp", Type: sal.Double, Units: "second", Description: "When demandPosition was measured (TAI, UNIX seconds)."},
				{Name: "demandVelocity", Type: sal.Double, Units: "deg/s", Description: "Velocity wanted."},
				{Name: "demandVelocityTimestamp", Type: sal.Double, Units: "second", Description: "When demandVelocity was measured (TAI, UNIX seconds)."},
				{Name: "timestamp", Type: sal.Double, Units: "second", Description: "When the data were measured (TAI, UNIX seconds)."},
			}},
		}),
	}
}
