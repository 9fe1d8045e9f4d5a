package redis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// fullPause is how long values are not written after Redis was full.
const fullPause = time.Second

// maxPause is the longest time between two transactions, during which nothing can end the
// session.
const maxPause = 100 * time.Millisecond

// flushAll sends what is published, until the session ends.
func (s *session) flushAll() {
	var spare []entry
	var begun time.Time
	for last := false; ; {
		select {
		case <-s.queue.wake:
		case <-s.ending:
			last = true
		case <-s.ctx.Done():
			return
		}
		if rest := s.FlushInterval - time.Since(begun); rest > 0 && !last {
			pause(min(rest, maxPause))
		}
		begun = time.Now()
		entries, err := s.flush(spare)
		if err != nil {
			s.fail(err)
			return
		}
		if last {
			close(s.ended)
			return
		}
		clear(entries)
		spare = entries
	}
}

// flush sends everything that waits. It returns memory for what comes.
func (s *session) flush(into []entry) ([]entry, error) {
	t := s.queue.take(into)
	s.sent = t.number
	if err := s.send(t); err != nil {
		s.queue.putBack(t)
		return nil, fmt.Errorf("publishing failed: %w", err)
	}
	s.queue.sentUpTo(t.number)
	return t.entries, nil
}

// send sends messages and reads what is asked for, in this order. Which sources there are
// comes before the values of which some may be stale.
func (s *session) send(t taken) error {
	if len(t.entries) > 0 {
		if err := s.publish(t.entries); err != nil {
			return err
		}
	}
	if t.reread {
		if err := s.writeAll(); err != nil {
			return err
		}
		s.queue.control(kindReread, nil)
	}
	if len(t.peers) > 0 {
		names := make([]string, 0, len(t.peers))
		for _, p := range t.peers {
			names = append(names, hex(p))
		}
		if err := s.readPeers(names); err != nil {
			return err
		}
	}
	for _, r := range t.reads {
		if err := s.read(r); err != nil {
			return err
		}
	}
	if t.renew {
		return s.renewExpiry()
	}
	return nil
}

// publish sends messages in one transaction with the last values that they leave.
func (s *session) publish(entries []entry) error {
	writes := !time.Now().Before(s.fullUntil)
	err := s.transact(entries, writes)
	if writes && isFull(err) {
		s.foundFull(err)
		return s.transact(entries, false)
	}
	if err == nil && writes && s.status.setFull(nil) {
		return s.writeAll()
	}
	return err
}

// writeAll writes what others may lack: the sources of this manager and their last values.
func (s *session) writeAll() error {
	if err := s.register(); err != nil {
		return err
	}
	return s.writeOwn()
}

// transact sends one transaction, with values if writes is set. Without, it is none: a
// Redis that is full takes no transactions.
func (s *session) transact(entries []entry, writes bool) error {
	cmds := make(rueidis.Commands, 0, len(entries)+8)
	beat := -1
	if writes {
		cmds = s.appendWrites(cmds, entries)
	}
	for i := range entries {
		e := &entries[i]
		if writes {
			if e.kind == kindBeat {
				beat = len(cmds)
			}
			cmds = s.appendState(cmds, e)
		} else if e.kind == kindBeat {
			cmds = append(cmds, s.lasting()) // it takes no memory
		}
		cmds = append(cmds, s.message(e))
	}
	answers, err := s.exec(cmds, writes)
	if err != nil {
		return err
	}
	for i := range answers {
		if err := answers[i].Error(); err != nil { // of one command; the others were done
			s.malformed.Add(1)
			s.unread.Failed(time.Now(), explain(err))
		}
	}
	if beat >= 0 {
		if n, err := answers[beat].AsInt64(); err == nil && n == 0 {
			return errors.New("what this manager wrote is no longer in Redis")
		}
	}
	s.queue.published(len(entries))
	return nil
}

// appendState appends what an entry changes in the state of this manager.
func (s *session) appendState(cmds rueidis.Commands, e *entry) rueidis.Commands {
	b, live := s.commands.B(), s.layout.live(s.origin)
	switch e.kind {
	case kindUp:
		return append(cmds, b.Sadd().Key(live).Member(e.source).Build())
	case kindGone:
		return append(cmds, b.Srem().Key(live).Member(e.source).Build())
	case kindBeat: // with its place among the managers, which another may have removed in error
		return append(cmds, s.lasting(), b.Sadd().Key(s.layout.managers()).Member(hex(s.origin)).Build())
	case kindBye:
		return append(cmds, b.Del().Key(live).Build(), b.Srem().Key(s.layout.managers()).Member(hex(s.origin)).Build())
	}
	return cmds
}

// lasting returns the command that makes the set of live sources last. Its answer is 0 if there is none.
func (s *session) lasting() rueidis.Completed {
	return s.commands.B().Pexpire().Key(s.layout.live(s.origin)).Milliseconds(s.lifetime()).Build()
}

// direct is the context of commands. With one that can end, rueidis hands them to
// goroutines of its own, which costs twice the time; they end with the connection, or
// after Options.Timeout.
func direct() context.Context { return context.Background() }

// exec runs commands, as a transaction or one after the other, and returns their answers.
func (s *session) exec(cmds rueidis.Commands, transaction bool) ([]rueidis.RedisMessage, error) {
	if transaction {
		cmds = slices.Insert(cmds, 0, s.commands.B().Multi().Build())
		cmds = append(cmds, s.commands.B().Exec().Build())
	}
	results := s.commands.DoMulti(direct(), cmds...)
	if transaction {
		for _, r := range results[:len(results)-1] {
			if err := r.Error(); err != nil {
				return nil, err
			}
		}
		answers, err := results[len(results)-1].ToArray()
		if n := len(cmds) - 2; err == nil && len(answers) != n {
			err = fmt.Errorf("a transaction of %d commands has %d answers", n, len(answers))
		}
		return answers, err
	}
	answers := make([]rueidis.RedisMessage, 0, len(results))
	for _, r := range results {
		answer, err := r.ToMessage()
		if _, isRedis := rueidis.IsRedisErr(err); err != nil && !isRedis {
			return nil, err
		}
		answers = append(answers, answer)
	}
	return answers, nil
}

func (s *session) message(e *entry) rueidis.Completed {
	channel := s.layout.control()
	if e.kind < kindGone {
		var ok bool
		if channel, ok = s.channels[e.topic]; !ok {
			if len(s.channels) >= maxNames {
				clear(s.channels)
			}
			channel = s.layout.channel(e.topic)
			s.channels[e.topic] = channel
		}
	}
	return s.toChannel(channel, e.message)
}

func (s *session) toChannel(channel string, text []byte) rueidis.Completed {
	if s.layout.sharded {
		return s.commands.B().Spublish().Channel(channel).Message(rueidis.BinaryString(text)).Build()
	}
	return s.commands.B().Publish().Channel(channel).Message(rueidis.BinaryString(text)).Build()
}

// isFull reports whether Redis has no memory for what is written.
func isFull(err error) bool {
	if err == nil {
		return false
	}
	answer, ok := rueidis.IsRedisErr(err)
	return ok && strings.HasPrefix(answer.Error(), "OOM")
}
