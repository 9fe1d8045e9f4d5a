package wire_test

import (
	"fmt"

	"github.com/rubin-love/love-go/internal/wire"
)

// The streams of a message, with their values as they were sent.
func ExampleMessage() {
	var m wire.Message
	err := m.Parse([]byte(`{"category":"telemetry","data":[{"csc":"ATDome","salindex":0,"data":{"position":{"az":1.50},"motor":NaN}}]}`))
	if err == nil {
		err = m.CheckData()
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range m.Items {
		for _, s := range m.Streams(&m.Items[i]) {
			fmt.Printf("%s %s %s\n", wire.Text(m.Items[i].CSC), wire.Text(s.Name), s.Value)
		}
	}
	// Output:
	// ATDome position {"az":1.50}
	// ATDome motor NaN
}
