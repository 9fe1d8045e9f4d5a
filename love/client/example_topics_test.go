package client_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/rubin-love/love-go/love/client"
)

// What a command needs, and what is live.
func ExampleClient_Components() {
	manager := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path { // in the place of a manager
		case "/manager/api/salinfo/topic-data":
			fmt.Fprint(w, `{"ATDome": {"command_data": {"moveAzimuth": {"azimuth": {"type_name": "float", "units": "deg", "count": 1}}}}}`)
		case "/manager/api/streams/":
			fmt.Fprint(w, `{"streams": [{"category": "event", "csc": "ATDome", "salindex": "0", "stream": "summaryState",
				"messages": 3, "last": "2026-03-14T01:59:26Z", "live": true}]}`)
		}
	}))
	defer manager.Close()

	ctx := context.Background()
	c, err := client.New(manager.URL, client.WithToken("that of a user"))
	if err != nil {
		fmt.Println(err)
		return
	}
	components, err := c.Components(ctx, client.CommandTopics)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range components["ATDome"].Commands["moveAzimuth"].Fields {
		fmt.Println(f.Name, f.Type, f.Units)
	}
	streams, err := c.Streams(ctx, "ATDome")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range streams {
		fmt.Println(s.Group(), "live:", s.Live)
	}
	// Output:
	// azimuth float deg
	// event-ATDome-0-summaryState live: true
}
