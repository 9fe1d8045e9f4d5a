package hub_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

// FuzzMessage hands any text to a hub: every answer is an object of the
// protocol, and the connection lives on.
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{
		`{"option":"subscribe","category":"event","csc":"A","salindex":0,"stream":"s"}`,
		`{"option":"unsubscribe","category":"event","csc":"A","salindex":"0","stream":"s"}`,
		`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":[NaN,1]}}],"producer_snd":1.5}`,
		`{"category":"event","data":[{"csc":"\u0041","salindex":"0","data":{"\u0073":1}},7]}`,
		`{"action":"get_time_data","request_time":{}}`,
		`{"category":"event"}`, `[]`, `{`, "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h := hub.New(hub.WithNaN(hub.NaNNull))
		defer func() { require.NoError(t, h.Shutdown(context.Background())) }()
		c := h.Local(auth.Principal{Process: true})
		defer func() { require.NoError(t, c.Close()) }()
		send := func(text string) { require.NoError(t, c.Send(t.Context(), []byte(text))) }

		send(request("subscribe", "event-A-0-s"))
		send(request("subscribe", "event-all-all-all"))
		send(text)
		send(`{"action":"get_time_data","request_time":"the end"}`)
		for {
			m, err := c.Receive(t.Context())
			require.NoError(t, err)
			require.True(t, json.Valid(m), "%q", m)
			if string(m[len(m)-10:]) == `"the end"}` {
				return
			}
		}
	})
}
