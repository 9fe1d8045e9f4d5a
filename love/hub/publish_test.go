package hub_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/hub"
)

func TestWhatAUserMayPublish(t *testing.T) {
	const refused = `{"data":"Message refused: \"category\" may not be published by this connection: a user's publishes only observing logs, and only with the permission to command"}`
	for _, c := range []struct {
		name     string
		policy   hub.UserPublish
		user     string
		category string
		allowed  bool
	}{
		{"a commander's observing log", hub.PublishLoveCSC, "commander", "love_csc", true},
		{"a viewer's observing log", hub.PublishLoveCSC, "viewer", "love_csc", false},
		{"a commander's event", hub.PublishLoveCSC, "commander", "event", false},
		{"a forged request", hub.PublishLoveCSC, "commander", "initial_state", false},
		{"what a publisher was given", hub.PublishLoveCSC, "publisher", "event", true},
		{"nothing at all", hub.PublishNone, "commander", "love_csc", false},
		{"anything", hub.PublishAny, "viewer", "event", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, url := start(t, hub.WithUserPublish(c.policy))
			sub := dialProcess(t, url).subscribe(c.category + "-love-0-observingLog")
			user := dial(t, url, "token="+c.user)
			user.sendf(`{"category":%q,"data":[{"csc":"love","salindex":0,"data":{"observingLog":{"user":"u","message":"m"}}}]}`, c.category)
			if c.allowed {
				require.Empty(t, user.sync())
				require.Contains(t, sub.next(), `"observingLog":{"user":"u","message":"m"}`)
				return
			}
			want := refused
			if c.policy == hub.PublishNone {
				want = `{"data":"Message refused: \"category\" may not be published by this connection: a user's publishes nothing"}`
			}
			require.Equal(t, []string{want}, user.sync())
			require.Empty(t, sub.sync())
			require.EqualValues(t, 1, h.Stats().Denied["publish"])
		})
	}
}
