package definitions

import (
	"slices"

	"github.com/rubin-love/love-go/love/sal"
)

func atmcs() *sal.Component {
	return &sal.Component{
		Name:        "ATMCS",
		Description: "Mount of the Auxiliary Telescope: azimuth, elevation, two Nasmyth rotators, M3.",
		Enumerations: []sal.Enumeration{
			numbered("AtMountState", "TrackingDisabled", "TrackingEnabled", "Stopping"),
			numbered("M3ExitPort", "Nasmyth1", "Nasmyth2", "Port3"),
			numbered("M3State", "Nasmyth1", "Nasmyth2", "Port3", "InMotion", "UnknownPosition"),
		},
		Topics: slices.Concat(mandatory(), csc(), configurable(), []*sal.Topic{
			{Kind: sal.Command, Name: "startTracking", Description: "Start tracking."},
			{Kind: sal.Command, Name: "trackTarget", Description: "Track target.", Fields: []sal.Field{
				{Name: "azimuth", Type: sal.Double, Units: "deg", Description: "Azimuth."},
				{Name: "azimuthVelocity", Type: sal.Double, Units: "deg/second", Description: "Azimuth velocity."},
				{Name: "elevation", Type: sal.Double, Units: "deg", Description: "Elevation."},
				{Name: "elevationVelocity", Type: sal.Double, Units: "deg/second", Description: "Elevation velocity."},
				{Name: "nasmyth1RotatorAngle", Type: sal.Double, Units: "deg", Description: "Nasmyth 1rotator angle."},
				{Name: "nasmyth1RotatorAngleVelocity", Type: sal.Double, Units: "deg/second", Description: "Nasmyth 1rotator angle velocity."},
				{Name: "nasmyth2RotatorAngle", Type: sal.Double, Units: "deg", Description: "Nasmyth 2rotator angle."},
				{Name: "nasmyth2RotatorAngleVelocity", Type: sal.Double, Units: "deg/second", Description: "Nasmyth 2rotator angle velocity."},
				{Name: "taiTime", Type: sal.Double, Units: "second", Description: "Tai time."},
				{Name: "trackId", Type: sal.Long, Description: "Track id."},
				{Name: "tracksys", Type: sal.String, Description: "Tracksys."},
				{Name: "radesys", Type: sal.String, Description: "Radesys."},
			}},
			{Kind: sal.Command, Name: "setInstrumentPort", Description: "Set instrument port.", Fields: []sal.Field{
				{Name: "port", Type: sal.Long, Description: "Port."},
			}},
			{Kind: sal.Command, Name: "stopTracking", Description: "Stop tracking."},
			{Kind: sal.Event, Name: "detailedState", Description: "Detailed state.", Fields: []sal.Field{
				{Name: "detailedState", Type: sal.Long, Description: "Detailed state."},
			}},
			{Kind: sal.Event, Name: "atMountState", Description: "At mount state.", Fields: []sal.Field{
				{Name: "state", Type: sal.Long, Description: "State."},
			}},
			{Kind: sal.Event, Name: "m3State", Description: "M 3state.", Fields: []sal.Field{
				{Name: "state", Type: sal.Long, Description: "State."},
			}},
			{Kind: sal.Event, Name: "m3PortSelected", Description: "M 3port selected.", Fields: []sal.Field{
				{Name: "selected", Type: sal.Long, Description: "Selected."},
			}},
			{Kind: sal.Event, Name: "positionLimits", Description: "Position limits.", Fields: []sal.Field{
				{Name: "minimum", Type: sal.Float, Count: 5, Units: "deg", Description: "Minimum."},
				{Name: "maximum", Type: sal.Float, Count: 5, Units: "deg", Description: "Maximum."},
			}},
			{Kind: sal.Event, Name: "target", Description: "Target.", Fields: []sal.Field{
				{Name: "elevation", Type: sal.Double, Units: "deg", Description: "Elevation."},
				{Name: "elevationVelocity", Type: sal.Double, Units: "deg/second", Description: "Elevation velocity."},
				{Name: "azimuth", Type: sal.Double, Units: "deg", Description: "Azimuth."},
				{Name: "azimuthVelocity", Type: sal.Double, Units: "deg/second", Description: "Azimuth velocity."},
				{Name: "nasmyth1RotatorAngle", Type: sal.Double, Units: "deg", Description: "Nasmyth 1rotator angle."},
				{Name: "nasmyth1RotatorAngleVelocity", Type: sal.Double, Units: "deg/second", Description: "Nasmyth 1rotator angle velocity."},
				{Name: "nasmyth2RotatorAngle", Type: sal.Double, Units: "deg", Description: "Nasmyth 2rotator angle."},
				{Name: "nasmyth2RotatorAngleVelocity", Type: sal.Double, Units: "deg/second", Description: "Nasmyth 2rotator angle velocity."},
				{Name: "taiTime", Type: sal.Double, Units: "second", Description: "Tai time."},
				{Name: "trackId", Type: sal.Long, Description: "Track id."},
				{Name: "tracksys", Type: sal.String, Description: "Tracksys."},
				{Name: "radesys", Type: sal.String, Description: "Radesys."},
			}},
			{Kind: sal.Event, Name: "elevationInPosition", Description: "Elevation in position.", Fields: []sal.Field{
				{Name: "inPosition", Type: sal.Boolean, Description: "In position."},
			}},
			{Kind: sal.Event, Name: "azimuthInPosition", Description: "Azimuth in position.", Fields: []sal.Field{
				{Name: "inPosition", Type: sal.Boolean, Description: "In position."},
			}},
			{Kind: sal.Event, Name: "nasmyth1RotatorInPosition", Description: "Nasmyth 1rotator in position.", Fields: []sal.Field{
				{Name: "inPosition", Type: sal.Boolean, Description: "In position."},
			}},
			{Kind: sal.Event, Name: "nasmyth2RotatorInPosition", Description: "Nasmyth 2rotator in position.", Fields: []sal.Field{
				{Name: "inPosition", Type: sal.Boolean, Description: "In position."},
			}},
			{Kind: sal.Event, Name: "m3InPosition", Description: "M 3in position.", Fields: []sal.Field{
				{Name: "inPosition", Type: sal.Boolean, Description: "In position."},
			}},
			{Kind: sal.Event, Name: "allAxesInPosition", Description: "All axes in position.", Fields: []sal.Field{
				{Name: "inPosition", Type: sal.Boolean, Description: "In position."},
			}},
			{Kind: sal.Telemetry, Name: "mount_AzEl_Encoders", Description: "Telemetry: mount az el encoders.", Fields: []sal.Field{
				{Name: "cRIO_timestamp", Type: sal.Double, Units: "second", Description: "C RIO timestamp."},
				{Name: "elevationCalculatedAngle", Type: sal.Double, Count: 100, Units: "deg", Description: "Elevation calculated angle."},
				{Name: "azimuthCalculatedAngle", Type: sal.Double, Count: 100, Units: "deg", Description: "Azimuth calculated angle."},
				{Name: "elevationEncoder1Raw", Type: sal.Long, Count: 100, Description: "Elevation encoder 1raw."},
				{Name: "elevationEncoder2Raw", Type: sal.Long, Count: 100, Description: "Elevation encoder 2raw."},
				{Name: "elevationEncoder3Raw", Type: sal.Long, Count: 100, Description: "Elevation encoder 3raw."},
				{Name: "azimuthEncoder1Raw", Type: sal.Long, Count: 100, Description: "Azimuth encoder 1raw."},
				{Name: "azimuthEncoder2Raw", Type: sal.Long, Count: 100, Description: "Azimuth encoder 2raw."},
				{Name: "azimuthEncoder3Raw", Type: sal.Long, Count: 100, Description: "Azimuth encoder 3raw."},
				{Name: "trackId", Type: sal.Long, Description: "Track id."},
			}},
			{Kind: sal.Telemetry, Name: "mount_Nasmyth_Encoders", Description: "Telemetry: mount nasmyth encoders.", Fields: []sal.Field{
				{Name: "cRIO_timestamp", Type: sal.Double, Units: "second", Description: "C RIO timestamp."},
				{Name: "nasmyth1CalculatedAngle", Type: sal.Double, Count: 100, Units: "deg", Description: "Nasmyth 1calculated angle."},
				{Name: "nasmyth2CalculatedAngle", Type: sal.Double, Count: 100, Units: "deg", Description: "Nasmyth 2calculated angle."},
				{Name: "nasmyth1Encoder1Raw", Type: sal.Long, Count: 100, Description: "Nasmyth 1encoder 1raw."},
				{Name: "nasmyth1Encoder2Raw", Type: sal.Long, Count: 100, Description: "Nasmyth 1encoder 2raw."},
				{Name: "nasmyth1Encoder3Raw", Type: sal.Long, Count: 100, Description: "Nasmyth 1encoder 3raw."},
				{Name: "nasmyth2Encoder1Raw", Type: sal.Long, Count: 100, Description: "Nasmyth 2encoder 1raw."},
				{Name: "nasmyth2Encoder2Raw", Type: sal.Long, Count: 100, Description: "Nasmyth 2encoder 2raw."},
				{Name: "nasmyth2Encoder3Raw", Type: sal.Long, Count: 100, Description: "Nasmyth 2encoder 3raw."},
				{Name: "trackId", Type: sal.Long, Description: "Track id."},
			}},
			{Kind: sal.Telemetry, Name: "measuredMotorVelocity", Description: "Telemetry: measured motor velocity.", Fields: []sal.Field{
				{Name: "cRIO_timestamp", Type: sal.Double, Units: "second", Description: "C RIO timestamp."},
				{Name: "elevationMotorVelocity", Type: sal.Double, Count: 100, Units: "deg/second", Description: "Elevation motor velocity."},
				{Name: "azimuthMotor1Velocity", Type: sal.Double, Count: 100, Units: "deg/second", Description: "Azimuth motor 1velocity."},
				{Name: "azimuthMotor2Velocity", Type: sal.Double, Count: 100, Units: "deg/second", Description: "Azimuth motor 2velocity."},
				{Name: "nasmyth1MotorVelocity", Type: sal.Double, Count: 100, Units: "deg/second", Description: "Nasmyth 1motor velocity."},
				{Name: "nasmyth2MotorVelocity", Type: sal.Double, Count: 100, Units: "deg/second", Description: "Nasmyth 2motor velocity."},
				{Name: "m3Velocity", Type: sal.Double, Count: 100, Units: "deg/second", Description: "M 3velocity."},
			}},
		}),
	}
}
