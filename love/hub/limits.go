package hub

import (
	"cmp"
	"time"
)

// Limits bounds what clients can make the hub hold. A zero field means its
// value in [DefaultLimits].
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
	Sessions      int // connections in all; default 20 000
	UserSessions  int // connections of one user; default 1000
	GroupName     int // bytes of a group's name; default 1024
	// LastBytes is how many bytes of last values are kept for snapshots;
	// default 16 MiB. It should be below QueueBytes: a snapshot of everything
	// must fit into one queue.
	LastBytes int
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
	}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	return Limits{
		UserMessage:    cmp.Or(l.UserMessage, d.UserMessage),
		ProcessMessage: cmp.Or(l.ProcessMessage, d.ProcessMessage),
		BacklogBytes:   cmp.Or(l.BacklogBytes, d.BacklogBytes),
		BacklogAge:     cmp.Or(l.BacklogAge, d.BacklogAge),
		QueueBytes:     cmp.Or(l.QueueBytes, d.QueueBytes),
		Subscriptions:  cmp.Or(l.Subscriptions, d.Subscriptions),
		Sessions:       cmp.Or(l.Sessions, d.Sessions),
		UserSessions:   cmp.Or(l.UserSessions, d.UserSessions),
		GroupName:      cmp.Or(l.GroupName, d.GroupName),
		LastBytes:      cmp.Or(l.LastBytes, d.LastBytes),
	}
}
