package auth

import "github.com/rubin-love/love-go/internal/watch"

// UserWatcher is what a [Directory] may also implement, so that the websockets of a user
// who is withdrawn close at once; *[Users] does, and a directory that embeds
// [UserWatchers]. The users of other directories are looked up every ten seconds while
// they have a websocket open.
type UserWatcher interface {
	// WatchUsers calls f with the name of each user that was disabled, removed or
	// changed, once Lookup returns the change. f must not block. cancel ends that.
	WatchUsers(f func(username string)) (cancel func())
}

// UserWatchers implements [UserWatcher] for a directory of your own that embeds it. The
// zero value is ready, and safe for concurrent use.
type UserWatchers struct{ list watch.List[string] }

// WatchUsers implements [UserWatcher].
func (w *UserWatchers) WatchUsers(f func(username string)) (cancel func()) { return w.list.Add(f) }

// UserChanged notifies the watchers of a user who was disabled, removed or changed. Call
// it when Lookup returns the change, without a lock that Lookup takes.
func (w *UserWatchers) UserChanged(username string) { w.list.Notify(username) }
