package definitions

import (
	"slices"

	"github.com/rubin-love/love-go/love/sal"
)

func love() *sal.Component {
	return &sal.Component{
		Name:        "LOVE",
		Description: "This project: remarks of observers on the bus.",
		Topics: slices.Concat(mandatory(), []*sal.Topic{
			setLogLevel(),
			largeFileObjectAvailable(),
			{Kind: sal.Event, Name: "observingLog", Description: "What an operator noted.", Fields: []sal.Field{
				{Name: "message", Type: sal.String, Description: "The text."},
				{Name: "user", Type: sal.String, Description: "Who noted it."},
			}},
		}),
	}
}
