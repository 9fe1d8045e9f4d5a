package hub

// wakeList collects the sessions that got frames during a burst, so that each
// is woken once: one write for all frames of the burst.
type wakeList struct{ sessions []*session }

func (l *wakeList) add(s *session) { l.sessions = append(l.sessions, s) }

// wakeAll wakes the sessions and empties the list.
func (l *wakeList) wakeAll() {
	for i, s := range l.sessions {
		s.sink.wake()
		l.sessions[i] = nil
	}
	l.sessions = l.sessions[:0]
}
