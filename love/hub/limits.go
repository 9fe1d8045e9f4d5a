package hub

import (
	"slices"
	"time"

	"github.com/rubin-love/love-go/internal/machine"
)

// Limits bounds what clients can make the hub hold. A field that is not above zero
// means its default: see [Limits.WithDefaults].
type Limits struct {
	UserMessage    int // bytes of one message of a user; default 64 KiB
	ProcessMessage int // bytes of one message of a process; default 16 MiB

	// BacklogBytes is how many bytes may wait for a session, and BacklogAge
	// for how long a frame may wait, before waiting telemetry is conflated;
	// default 4 MiB and 1 s.
	BacklogBytes int
	BacklogAge   time.Duration
	// QueueBytes is how many bytes of events and answers, and how many of
	// conflated telemetry, may wait for a session before it is closed;
	// default 32 MiB.
	QueueBytes int

	Subscriptions int // groups that one session may be in; default 10 000
	// Sessions is how many connections there may be in all; default 20 000. There
	// are never more than the file descriptors of the process allow: a quarter and
	// some more are kept for everything else.
	Sessions     int
	UserSessions int // connections of one user; default 1000
	GroupName    int // bytes of a group's name, with escapes as in JSON; default 1024
	// LastBytes is how many bytes of last values are kept for snapshots;
	// default 16 MiB. It must not be above QueueBytes.
	LastBytes int
	// Streams is how many streams are known by their last values or the order of
	// their messages; default 100 000. The messages of others are delivered, but have no
	// snapshot and no order among several publishers.
	Streams int

	// RequestRate and UserRequestRate are how many requests (subscriptions, actions, and
	// what is refused) one session of a user, and all of them together, may send per
	// second, and 20 times as many at once; default 1000 and 5000.
	RequestRate     int
	UserRequestRate int
	// UserSubscriptionBytes and SubscriptionBytes are the memory of the subscriptions of
	// one user, and of all, with the streams that a max_rate limits; default 256 MiB and 2 GiB, but at most an eighth and a quarter of
	// the memory that this process may use.
	UserSubscriptionBytes int
	SubscriptionBytes     int
	// UserQueueBytes and AllQueueBytes are how much may wait for all sessions of one
	// user, and for all sessions, beyond which those that hold most of it are closed. What
	// a max_rate holds back is in them;
	// default 256 MiB and 1 GiB, but at most an eighth and a quarter of the memory.
	UserQueueBytes int
	AllQueueBytes  int
}

// DefaultLimits returns the limits of a hub that is given none.
func DefaultLimits() Limits {
	return Limits{
		UserMessage:    64 << 10,
		ProcessMessage: 16 << 20,
		BacklogBytes:   4 << 20,
		BacklogAge:     time.Second,
		QueueBytes:     32 << 20,
		Subscriptions:  10_000,
		Sessions:       20_000,
		UserSessions:   1000,
		GroupName:      1024,
		LastBytes:      16 << 20,
		Streams:        100_000,

		RequestRate:           1000,
		UserRequestRate:       5000,
		UserSubscriptionBytes: 256 << 20,
		SubscriptionBytes:     2 << 30,
		UserQueueBytes:        256 << 20,
		AllQueueBytes:         1 << 30,
	}
}

// WithDefaults returns the limits with a default for each field that is not above zero:
// that of [DefaultLimits], or as much less or more as fits those that are given.
func (l Limits) WithDefaults() Limits {
	d := DefaultLimits()
	full := Limits{
		UserMessage:    positiveOr(l.UserMessage, d.UserMessage),
		ProcessMessage: positiveOr(l.ProcessMessage, d.ProcessMessage),
		BacklogBytes:   positiveOr(l.BacklogBytes, d.BacklogBytes),
		BacklogAge:     positiveOr(l.BacklogAge, d.BacklogAge),
		QueueBytes:     positiveOr(l.QueueBytes, d.QueueBytes),
		Subscriptions:  positiveOr(l.Subscriptions, d.Subscriptions),
		Sessions:       positiveOr(l.Sessions, d.Sessions),
		UserSessions:   positiveOr(l.UserSessions, d.UserSessions),
		GroupName:      positiveOr(l.GroupName, d.GroupName),
		LastBytes:      positiveOr(l.LastBytes, d.LastBytes),
		Streams:        positiveOr(l.Streams, d.Streams),

		RequestRate:           positiveOr(l.RequestRate, d.RequestRate),
		UserRequestRate:       positiveOr(l.UserRequestRate, d.UserRequestRate),
		UserSubscriptionBytes: positiveOr(l.UserSubscriptionBytes, d.UserSubscriptionBytes),
		SubscriptionBytes:     positiveOr(l.SubscriptionBytes, d.SubscriptionBytes),
		UserQueueBytes:        positiveOr(l.UserQueueBytes, d.UserQueueBytes),
		AllQueueBytes:         positiveOr(l.AllQueueBytes, d.AllQueueBytes),
	}
	full.fit(&l)
	return full
}

// fit changes the limits that are not given to what fits the others: none is reached
// only after one that includes it.
func (l *Limits) fit(given *Limits) {
	pairs, asked := l.nested(), given.nested()
	for i, p := range slices.Backward(pairs) {
		if *asked[i].inner <= 0 {
			*p.inner = min(*p.inner, *p.outer)
		}
	}
	for i, p := range pairs {
		if *asked[i].outer <= 0 {
			*p.outer = max(*p.outer, *p.inner)
		}
	}
}

// nestedLimits are two limits of which the outer one includes the inner one.
type nestedLimits struct{ inner, outer *int }

// nested returns the limits that include each other, the smallest first.
func (l *Limits) nested() []nestedLimits {
	return []nestedLimits{
		{&l.UserMessage, &l.ProcessMessage},
		{&l.BacklogBytes, &l.QueueBytes},
		{&l.LastBytes, &l.QueueBytes},
		{&l.QueueBytes, &l.UserQueueBytes},
		{&l.UserQueueBytes, &l.AllQueueBytes},
		{&l.UserSubscriptionBytes, &l.SubscriptionBytes},
		{&l.UserSessions, &l.Sessions},
		{&l.RequestRate, &l.UserRequestRate},
	}
}

func positiveOr[T int | time.Duration](value, otherwise T) T {
	if value > 0 {
		return value
	}
	return otherwise
}

// withinMachine returns the limits with no more sessions than the file descriptors of
// the process allow, and with a quarter of its memory for all subscriptions, and for
// all that waits, if no other limit than the default was given and that is more.
func (l Limits) withinMachine() Limits {
	if memory, _, ok := machine.Memory(); ok {
		quarter, d := int(memory/4), DefaultLimits()
		shrink := func(limit *int, normal, most int) {
			if *limit == normal {
				*limit = min(normal, most)
			}
		}
		shrink(&l.SubscriptionBytes, d.SubscriptionBytes, quarter)
		shrink(&l.UserSubscriptionBytes, d.UserSubscriptionBytes, quarter/2)
		shrink(&l.AllQueueBytes, d.AllQueueBytes, quarter)
		shrink(&l.UserQueueBytes, d.UserQueueBytes, quarter/2)
	}
	if total, ok := machine.Descriptors(); ok {
		l.Sessions = min(l.Sessions, machine.Share(total).Sockets)
	}
	return l
}
