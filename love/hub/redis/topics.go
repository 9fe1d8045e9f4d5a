package redis

import (
	"sync"
	"time"

	"github.com/rubin-love/love-go/love/hub"
)

// topics holds what the hubs of this process want, and the channels for that.
type topics struct {
	mu       sync.Mutex
	layout   layout
	attached bool // there is a connection
	wants    map[wantKey]*want
	channels map[channelName]*channel
	changed  chan struct{} // the subscriptions must be changed
	confirm  chan struct{} // a topic is wanted whose channels are subscribed already
}

// wantKey is a topic that a hub wants.
type wantKey struct {
	link  *link
	topic hub.Topic
	all   bool // every topic
}

// want is the state of a wantKey.
type want struct {
	wantKey
	channels []channelName
	reading  *reading      // of its last values
	synced   bool          // the hub has them, since the connection was made
	done     chan struct{} // closed when it was first synced, or the connection was lost
	isDone   bool
}

type channelName struct {
	name    string
	pattern bool
}

// channel is a channel that is subscribed, or was.
type channel struct {
	wanted     int
	idle       time.Time   // since when nobody wants it
	cover      channelName // the pattern that includes it
	subscribed bool        // Redis has been told
	pending    int         // confirmations that have not come
}

func (c *channel) isConfirmed() bool { return c != nil && c.subscribed && c.pending == 0 }

func (x *topics) init() {
	x.wants, x.channels = make(map[wantKey]*want), make(map[channelName]*channel)
	x.changed, x.confirm = make(chan struct{}, 1), make(chan struct{}, 1)
}

// want adds what a hub wants, and reports whether it need not wait.
func (x *topics) want(k wantKey) (ready bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	w := &want{wantKey: k, done: make(chan struct{})}
	x.wants[k] = w
	if !x.attached {
		return true
	}
	x.addChannelsLocked(w)
	if all := x.wants[wantKey{link: k.link, topic: hub.Topic{Category: k.topic.Category}}]; all != w && all != nil && all.synced {
		w.synced = true
		w.finishLocked()
		signal(x.changed)
		return true
	}
	signal(x.changed)
	signal(x.confirm)
	return false
}

// finishLocked ends the wait for the want.
func (w *want) finishLocked() {
	if !w.isDone {
		w.isDone = true
		close(w.done)
	}
}

// wait returns when a want was synced, or the connection was lost.
func (x *topics) wait(k wantKey) {
	x.mu.Lock()
	w := x.wants[k]
	attached := x.attached
	x.mu.Unlock()
	if w != nil && attached {
		<-w.done
	}
}

func (x *topics) addChannelsLocked(w *want) {
	names, pattern := x.layout.channelsOf(w.topic)
	if w.all {
		names, pattern = x.layout.everything()
	}
	w.channels = w.channels[:0]
	for _, name := range names {
		n := channelName{name, pattern}
		w.channels = append(w.channels, n)
		c := x.channelLocked(n)
		if !pattern && !x.layout.sharded {
			cover, _ := x.layout.channelsOf(hub.Topic{Category: w.topic.Category})
			c.cover = channelName{cover[0], true}
		}
		c.wanted++
	}
}

func (x *topics) channelLocked(n channelName) *channel {
	c := x.channels[n]
	if c == nil {
		c = &channel{}
		x.channels[n] = c
	}
	return c
}

func (x *topics) unwant(k wantKey) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.unwantLocked(k)
}

func (x *topics) unwantLocked(k wantKey) {
	w := x.wants[k]
	if w == nil {
		return
	}
	delete(x.wants, k)
	w.finishLocked()
	now := time.Now()
	for _, n := range w.channels {
		if c := x.channels[n]; c != nil {
			c.wanted--
			c.idle = now
		}
	}
}

// unwantAll ends what a hub wants.
func (x *topics) unwantAll(l *link) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for k := range x.wants {
		if k.link == l {
			x.unwantLocked(k)
		}
	}
}

// attach begins anew for a connection: all that is wanted must be subscribed, and the
// channels that the manager needs itself.
func (x *topics) attach(l layout, own ...string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.layout, x.attached = l, true
	x.channels = make(map[channelName]*channel)
	for _, name := range own {
		x.channelLocked(channelName{name: name}).wanted++
	}
	for _, w := range x.wants {
		w.synced, w.reading = false, nil
		x.addChannelsLocked(w)
	}
	signal(x.changed)
}

// detach ends a connection. It returns what was waited for.
func (x *topics) detach() (unready []*want) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.attached = false
	for _, w := range x.wants {
		if !w.synced {
			unready = append(unready, w)
		}
		w.synced, w.reading = false, nil
		w.finishLocked()
	}
	return unready
}

// changes are the commands that change the subscriptions, in this order: what is subscribed
// in another way misses nothing.
type changes struct{ subscribe, psubscribe, unsubscribe, punsubscribe []string }

// change returns what must be changed now, and notes that it is.
func (x *topics) change(now time.Time, linger time.Duration) (ch changes) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for n, c := range x.channels {
		needed := x.isNeededLocked(c, now, linger)
		if cover := x.channels[c.cover]; needed && cover != nil && x.isNeededLocked(cover, now, linger) {
			needed = false
		}
		switch {
		case needed && !c.subscribed:
			c.subscribed = true
			c.pending++
			if n.pattern {
				ch.psubscribe = append(ch.psubscribe, n.name)
			} else {
				ch.subscribe = append(ch.subscribe, n.name)
			}
		case !needed && c.subscribed:
			c.subscribed = false
			if n.pattern {
				ch.punsubscribe = append(ch.punsubscribe, n.name)
			} else {
				ch.unsubscribe = append(ch.unsubscribe, n.name)
			}
		}
	}
	for n, c := range x.channels {
		if c.wanted == 0 && !c.subscribed && c.pending == 0 {
			delete(x.channels, n)
		}
	}
	return ch
}

func (x *topics) isNeededLocked(c *channel, now time.Time, linger time.Duration) bool {
	return c.wanted > 0 || c.subscribed && now.Sub(c.idle) < linger
}

// confirmed notes that Redis has confirmed a subscription.
func (x *topics) confirmed(n channelName) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if c := x.channels[n]; c != nil && c.pending > 0 {
		c.pending--
	}
}

// isSubscribed reports whether a subscription is in force.
func (x *topics) isSubscribed(n channelName) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.channels[n].isConfirmed()
}

// unread returns what is wanted, is subscribed, and whose last values have not been read;
// they are marked as being read.
func (x *topics) unread() (list []*reading) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, w := range x.wants {
		if w.synced || w.reading != nil || !x.isConfirmedLocked(w) {
			continue
		}
		if w.link.receiver == nil {
			w.synced = true
			w.finishLocked()
			continue
		}
		w.reading = &reading{want: w, topic: w.topic, done: make(chan struct{})}
		list = append(list, w.reading)
	}
	return list
}

func (x *topics) isConfirmedLocked(w *want) bool {
	for _, n := range w.channels {
		c := x.channels[n]
		if !c.isConfirmed() && !x.channels[c.cover].isConfirmed() {
			return false
		}
	}
	return true
}

// synced notes that the hub has the last values of a want. It returns false if it does not want them
// any more.
func (x *topics) synced(r *reading) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	w := r.want
	if x.wants[w.wantKey] != w || w.reading != r {
		return false
	}
	w.synced, w.reading = true, nil
	w.finishLocked()
	return true
}

// readAgain has the last values of everything read that is wanted.
func (x *topics) readAgain() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, w := range x.wants {
		w.synced, w.reading = false, nil
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// reading reads the last values of a topic.
type reading struct {
	want    *want
	topic   hub.Topic
	mark    uint64
	number  uint64        // of the marker
	done    chan struct{} // closed when values are there
	values  []hub.LastValue
	origins []uint64 // of the values
	err     error    // they could not be read; the connection ends

	peers map[uint64][]string // instead of values: managers and their sources
}
