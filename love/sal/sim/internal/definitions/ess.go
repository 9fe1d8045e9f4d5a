package definitions

import (
	"slices"

	"github.com/rubin-love/love-go/love/sal"
)

func ess() *sal.Component {
	return &sal.Component{
		Name:        "ESS",
		Description: "Environmental sensors; each index is a set of them.",
		Indexed:     true,
		Topics: slices.Concat(mandatory(), csc(), configurable(), []*sal.Topic{
			{Kind: sal.Event, Name: "precipitation", Description: "Whether something falls from the sky.", Fields: []sal.Field{
				{Name: "sensorName", Type: sal.String, Description: "Name of the sensor."},
				{Name: "raining", Type: sal.Boolean, Description: "It rains."},
				{Name: "snowing", Type: sal.Boolean, Description: "It snows."},
				{Name: "location", Type: sal.String, Description: "Where the sensor is."},
			}},
			{Kind: sal.Event, Name: "sensorStatus", Description: "Whether a sensor works.", Fields: []sal.Field{
				{Name: "sensorName", Type: sal.String, Description: "Name of the sensor."},
				{Name: "sensorStatus", Type: sal.Int, Description: "0 if it works; other numbers depend on the sensor."},
				{Name: "serverStatus", Type: sal.Int, Description: "0 if what reads it works; other numbers depend on that."},
			}},
			{Kind: sal.Telemetry, Name: "airTurbulence", Description: "Wind in three axes, from an ultrasonic anemometer.", Fields: []sal.Field{
				{Name: "sensorName", Type: sal.String, Description: "Name of the sensor."},
				{Name: "timestamp", Type: sal.Double, Units: "second", Description: "When the newest data were read (TAI, UNIX seconds)."},
				{Name: "speed", Type: sal.Float, Count: 3, Units: "m/s", Description: "Speed along x, y and z."},
				{Name: "speedStdDev", Type: sal.Float, Count: 3, Units: "m/s", Description: "Spread of the speed along x, y and z."},
				{Name: "speedMagnitude", Type: sal.Float, Units: "m/s", Description: "Speed."},
				{Name: "speedMaxMagnitude", Type: sal.Float, Units: "m/s", Description: "Greatest speed."},
				{Name: "sonicTemperature", Type: sal.Float, Units: "deg_C", Description: "Air temperature by the speed of sound."},
				{Name: "sonicTemperatureStdDev", Type: sal.Float, Units: "deg_C", Description: "Spread of that temperature."},
				{Name: "location", Type: sal.String, Description: "Where the sensor is."},
			}},
			{Kind: sal.Telemetry, Name: "airFlow", Description: "Wind.", Fields: []sal.Field{
				{Name: "sensorName", Type: sal.String, Description: "Name of the sensor."},
				{Name: "timestamp", Type: sal.Double, Units: "second", Description: "When the newest data were read (TAI, UNIX seconds)."},
				{Name: "direction", Type: sal.Float, Units: "degree", Description: "Where the wind comes from: 0 north, 90 east."},
				{Name: "directionStdDev", Type: sal.Float, Units: "degree", Description: "Spread of the direction."},
				{Name: "speed", Type: sal.Float, Units: "m/s", Description: "Speed."},
				{Name: "speedStdDev", Type: sal.Float, Units: "m/s", Description: "Spread of the speed."},
				{Name: "maxSpeed", Type: sal.Float, Units: "m/s", Description: "Greatest speed."},
				{Name: "location", Type: sal.String, Description: "Where the sensor is."},
			}},
			{Kind: sal.Telemetry, Name: "dewPoint", Description: "Dew point.", Fields: []sal.Field{
				{Name: "sensorName", Type: sal.String, Description: "Name of the sensor."},
				{Name: "timestamp", Type: sal.Double, Units: "second", Description: "When the data were read (TAI, UNIX seconds)."},
				{Name: "dewPointItem", Type: sal.Float, Units: "deg_C", Description: "Dew point."},
				{Name: "location", Type: sal.String, Description: "Where the sensor is."},
			}},
			{Kind: sal.Telemetry, Name: "pressure", Description: "Air pressure.", Fields: []sal.Field{
				{Name: "sensorName", Type: sal.String, Description: "Name of the sensor."},
				{Name: "timestamp", Type: sal.Double, Units: "second", Description: "When the data were read (TAI, UNIX seconds)."},
				{Name: "numChannels", Type: sal.Short, Description: "How many of the pressures count."},
				{Name: "pressureItem", Type: sal.Float, Count: 8, Units: "Pa", Description: "The pressures."},
				{Name: "location", Type: sal.String, Description: "Where each pressure is taken, separated by commas."},
			}},
			{Kind: sal.Telemetry, Name: "rainRate", Description: "Rain.", Fields: []sal.Field{
				{Name: "sensorName", Type: sal.String, Description: "Name of the sensor."},
				{Name: "timestamp", Type: sal.Double, Units: "second", Description: "When the data were read (TAI, UNIX seconds)."},
				{Name: "rainRateItem", Type: sal.Float, Units: "mm/h", Description: "How much falls."},
				{Name: "location", Type: sal.String, Description: "Where the sensor is."},
			}},
			{Kind: sal.Telemetry, Name: "relativeHumidity", Description: "Relative humidity.", Fields: []sal.Field{
				{Name: "sensorName", Type: sal.String, Description: "Name of the sensor."},
				{Name: "timestamp", Type: sal.Double, Units: "second", Description: "When the data were read (TAI, UNIX seconds)."},
				{Name: "relativeHumidityItem", Type: sal.Float, Units: "%", Description: "Humidity."},
				{Name: "location", Type: sal.String, Description: "Where the sensor is."},
			}},
			{Kind: sal.Telemetry, Name: "solarRadiation", Description: "Light of the sun.", Fields: []sal.Field{
				{Name: "sensorName", Type: sal.String, Description: "Name of the sensor."},
				{Name: "timestamp", Type: sal.Double, Units: "second", Description: "When the data were read (TAI, UNIX seconds)."},
				{Name: "solarRadiationItem", Type: sal.Float, Units: "W/m2", Description: "Radiation."},
				{Name: "location", Type: sal.String, Description: "Where the sensor is."},
			}},
			{Kind: sal.Telemetry, Name: "temperature", Description: "Temperatures.", Fields: []sal.Field{
				{Name: "sensorName", Type: sal.String, Description: "Name of the sensor."},
				{Name: "timestamp", Type: sal.Double, Units: "second", Description: "When the data were read (TAI, UNIX seconds)."},
				{Name: "numChannels", Type: sal.Short, Description: "How many of the temperatures count."},
				{Name: "temperatureItem", Type: sal.Float, Count: 16, Units: "deg_C", Description: "The temperatures."},
				{Name: "location", Type: sal.String, Description: "Where each temperature is taken, separated by commas."},
			}},
		}),
	}
}
