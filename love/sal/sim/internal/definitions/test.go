package definitions

import (
	"slices"

	"github.com/rubin-love/love-go/love/sal"
)

func test() *sal.Component {
	return &sal.Component{
		Name:        "Test",
		Description: "Has a field of each type; for tests of the bus and its libraries.",
		Indexed:     true,
		Enumerations: []sal.Enumeration{
			numbered("Enum", "One", "Two", "Three"),
			{Name: "ValueEnum", Members: []sal.Choice{
				{Name: "Zero", Number: 0},
				{Name: "Two", Number: 2},
				{Name: "Four", Number: 4},
				{Name: "Five", Number: 5},
			}},
		},
		Topics: slices.Concat(mandatory(), csc(), configurable(), []*sal.Topic{
			{Kind: sal.Command, Name: "setScalars", Description: "Set scalars.", Fields: []sal.Field{
				{Name: "boolean0", Type: sal.Boolean, Description: "Boolean 0."},
				{Name: "byte0", Type: sal.Byte, Description: "Byte 0."},
				{Name: "short0", Type: sal.Short, Description: "Short 0."},
				{Name: "int0", Type: sal.Int, Description: "Int 0."},
				{Name: "long0", Type: sal.Long, Description: "Long 0."},
				{Name: "longLong0", Type: sal.LongLong, Description: "Long long 0."},
				{Name: "unsignedShort0", Type: sal.UnsignedShort, Description: "Unsigned short 0."},
				{Name: "unsignedInt0", Type: sal.UnsignedInt, Description: "Unsigned int 0."},
				{Name: "float0", Type: sal.Float, Description: "Float 0."},
				{Name: "double0", Type: sal.Double, Description: "Double 0."},
				{Name: "string0", Type: sal.String, Description: "String 0."},
			}},
			{Kind: sal.Command, Name: "setArrays", Description: "Set arrays.", Fields: []sal.Field{
				{Name: "boolean0", Type: sal.Boolean, Count: 5, Description: "Boolean 0."},
				{Name: "byte0", Type: sal.Byte, Count: 5, Description: "Byte 0."},
				{Name: "short0", Type: sal.Short, Count: 5, Description: "Short 0."},
				{Name: "int0", Type: sal.Int, Count: 5, Description: "Int 0."},
				{Name: "long0", Type: sal.Long, Count: 5, Description: "Long 0."},
				{Name: "longLong0", Type: sal.LongLong, Count: 5, Description: "Long long 0."},
				{Name: "unsignedShort0", Type: sal.UnsignedShort, Count: 5, Description: "Unsigned short 0."},
				{Name: "unsignedInt0", Type: sal.UnsignedInt, Count: 5, Description: "Unsigned int 0."},
				{Name: "float0", Type: sal.Float, Count: 5, Description: "Float 0."},
				{Name: "double0", Type: sal.Double, Count: 5, Description: "Double 0."},
			}},
			{Kind: sal.Command, Name: "fault", Description: "Go to FAULT."},
			{Kind: sal.Command, Name: "wait", Description: "Be busy for a while.", Fields: []sal.Field{
				{Name: "ack", Type: sal.Int, Description: "Ack."},
				{Name: "duration", Type: sal.Double, Units: "second", Description: "Duration."},
			}},
			{Kind: sal.Event, Name: "scalars", Description: "Scalars.", Fields: []sal.Field{
				{Name: "boolean0", Type: sal.Boolean, Description: "Boolean 0."},
				{Name: "byte0", Type: sal.Byte, Description: "Byte 0."},
				{Name: "short0", Type: sal.Short, Description: "Short 0."},
				{Name: "int0", Type: sal.Int, Description: "Int 0."},
				{Name: "long0", Type: sal.Long, Description: "Long 0."},
				{Name: "longLong0", Type: sal.LongLong, Description: "Long long 0."},
				{Name: "unsignedShort0", Type: sal.UnsignedShort, Description: "Unsigned short 0."},
				{Name: "unsignedInt0", Type: sal.UnsignedInt, Description: "Unsigned int 0."},
				{Name: "float0", Type: sal.Float, Description: "Float 0."},
				{Name: "double0", Type: sal.Double, Description: "Double 0."},
				{Name: "string0", Type: sal.String, Description: "String 0."},
			}},
			{Kind: sal.Event, Name: "arrays", Description: "Arrays.", Fields: []sal.Field{
				{Name: "boolean0", Type: sal.Boolean, Count: 5, Description: "Boolean 0."},
				{Name: "byte0", Type: sal.Byte, Count: 5, Description: "Byte 0."},
				{Name: "short0", Type: sal.Short, Count: 5, Description: "Short 0."},
				{Name: "int0", Type: sal.Int, Count: 5, Description: "Int 0."},
				{Name: "long0", Type: sal.Long, Count: 5, Description: "Long 0."},
				{Name: "longLong0", Type: sal.LongLong, Count: 5, Description: "Long long 0."},
				{Name: "unsignedShort0", Type: sal.UnsignedShort, Count: 5, Description: "Unsigned short 0."},
				{Name: "unsignedInt0", Type: sal.UnsignedInt, Count: 5, Description: "Unsigned int 0."},
				{Name: "float0", Type: sal.Float, Count: 5, Description: "Float 0."},
				{Name: "double0", Type: sal.Double, Count: 5, Description: "Double 0."},
			}},
			{Kind: sal.Telemetry, Name: "scalars", Description: "Telemetry: scalars.", Fields: []sal.Field{
				{Name: "boolean0", Type: sal.Boolean, Description: "Boolean 0."},
				{Name: "byte0", Type: sal.Byte, Description: "Byte 0."},
				{Name: "short0", Type: sal.Short, Description: "Short 0."},
				{Name: "int0", Type: sal.Int, Description: "Int 0."},
				{Name: "long0", Type: sal.Long, Description: "Long 0."},
				{Name: "longLong0", Type: sal.LongLong, Description: "Long long 0."},
				{Name: "unsignedShort0", Type: sal.UnsignedShort, Description: "Unsigned short 0."},
				{Name: "unsignedInt0", Type: sal.UnsignedInt, Description: "Unsigned int 0."},
				{Name: "float0", Type: sal.Float, Description: "Float 0."},
				{Name: "double0", Type: sal.Double, Description: "Double 0."},
				{Name: "string0", Type: sal.String, Description: "String 0."},
			}},
			{Kind: sal.Telemetry, Name: "arrays", Description: "Telemetry: arrays.", Fields: []sal.Field{
				{Name: "boolean0", Type: sal.Boolean, Count: 5, Description: "Boolean 0."},
				{Name: "byte0", Type: sal.Byte, Count: 5, Description: "Byte 0."},
				{Name: "short0", Type: sal.Short, Count: 5, Description: "Short 0."},
				{Name: "int0", Type: sal.Int, Count: 5, Description: "Int 0."},
				{Name: "long0", Type: sal.Long, Count: 5, Description: "Long 0."},
				{Name: "longLong0", Type: sal.LongLong, Count: 5, Description: "Long long 0."},
				{Name: "unsignedShort0", Type: sal.UnsignedShort, Count: 5, Description: "Unsigned short 0."},
				{Name: "unsignedInt0", Type: sal.UnsignedInt, Count: 5, Description: "Unsigned int 0."},
				{Name: "float0", Type: sal.Float, Count: 5, Description: "Float 0."},
				{Name: "double0", Type: sal.Double, Count: 5, Description: "Double 0."},
			}},
		}),
	}
}
