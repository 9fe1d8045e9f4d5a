package redis

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"
	"unsafe"

	"github.com/redis/rueidis"

	"github.com/rubin-love/love-go/love"
)

// late is how long messages must have waited for their values to be written only where
// there is none that was received later: another manager may have overtaken them.
const late = time.Second

// writeNewer writes fields of a hash unless those there are newer: of the same manager they have
// a higher number, of another they were received later. A manager's clock may be set back.
// ARGV: the expiry in ms, then fields and values, whose bytes 18 to 25 are the origin, and 26 to
// 33 the number.
const writeNewer = `for i = 2, #ARGV, 2 do
local old, new = redis.call('HGET', KEYS[1], ARGV[i]), ARGV[i + 1]
local from, to = 1, 16
if old and string.sub(old, 18, 25) == string.sub(new, 18, 25) then from, to = 26, 33 end
local function newer(a, b)
for at = from, to do
local x, y = string.byte(a, at) or -1, string.byte(b, at) or -1
if x ~= y then return x > y end
end
return false
end
if not old or not newer(old, new) then redis.call('HSET', KEYS[1], ARGV[i], new) end
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 0`

// fields are those of one hash that are written together.
type fields struct {
	names names
	list  []string // field, value, …
}

// newest returns the newest value of each stream.
func newest(entries []entry) (hashes []fields) {
	type stream struct{ key, field string }
	seen := make(map[stream]bool)
	place := make(map[string]int)
	for i := len(entries) - 1; i >= 0; i-- {
		for _, v := range slices.Backward(entries[i].values) {
			id := stream{v.names.values, v.field}
			if seen[id] {
				continue
			}
			seen[id] = true
			at, ok := place[id.key]
			if !ok {
				at = len(hashes)
				place[id.key] = at
				hashes = append(hashes, fields{names: v.names})
			}
			hashes[at].list = append(hashes[at].list, v.field, rueidis.BinaryString(v.data))
		}
	}
	return hashes
}

// appendWrites appends the commands that write the newest value of each stream.
func (s *session) appendWrites(cmds rueidis.Commands, entries []entry) rueidis.Commands {
	isLate := time.Since(entries[0].added) > late
	for _, h := range newest(entries) {
		if isLate {
			cmds = append(cmds, s.writeNewer(h))
		} else {
			cmds = append(cmds, s.commands.B().Arbitrary("HSET").Keys(h.names.values).Args(h.list...).Build())
		}
		if _, kept := s.kept[h.names.values]; !kept {
			if len(s.kept) >= maxNames {
				clear(s.kept)
			}
			s.kept[h.names.values] = struct{}{}
			cmds = append(cmds, s.keep(h.names)...)
		}
	}
	return cmds
}

func (s *session) writeNewer(h fields) rueidis.Completed {
	args := append([]string{fmt.Sprint(s.Expiry.Milliseconds())}, h.list...)
	return s.commands.B().Arbitrary("EVAL").Args(writeNewer, "1").Keys(h.names.values).Args(args...).Build()
}

// keep returns the commands that make a hash last, and be found at least as long.
func (s *session) keep(n names) rueidis.Commands {
	b, ms := s.commands.B(), s.Expiry.Milliseconds()
	return rueidis.Commands{
		b.Pexpire().Key(n.values).Milliseconds(ms).Build(),
		b.Sadd().Key(n.components).Member(n.element).Build(),
		b.Pexpire().Key(n.components).Milliseconds(ms).Build(),
	}
}

// renewExpiry makes the hashes last in which sources of this manager have values. Others
// are made to last when they are next written: they may have ended by then.
func (s *session) renewExpiry() error {
	clear(s.kept)
	_, hashes := s.queue.live()
	var cmds rueidis.Commands
	for _, n := range hashes {
		cmds = append(cmds, s.keep(n)...)
	}
	return s.all(cmds)
}

// portion is how many commands are sent together that others need not wait for.
const portion = 200

// all runs commands that may find Redis full.
func (s *session) all(cmds rueidis.Commands) error {
	for len(cmds) > 0 {
		n := min(len(cmds), portion)
		for _, r := range s.commands.DoMulti(direct(), cmds[:n]...) {
			if err := r.Error(); err != nil && !isFull(err) {
				return err
			} else if err != nil {
				s.foundFull(err)
			}
		}
		cmds = cmds[n:]
	}
	return nil
}

// writeOwn writes the last values of the sources of this manager, unless there are newer
// ones. Those whose messages wait are written with them.
func (s *session) writeOwn() error {
	byKey := make(map[string]*fields)
	s.mu.RLock()
	for _, l := range s.links {
		if l.receiver == nil {
			continue
		}
		for v := range l.receiver.LastValues(true) {
			if v.Number > s.sent {
				continue
			}
			n := s.queue.namesOf(v.Topic())
			f := byKey[n.values]
			if f == nil {
				f = &fields{names: n}
				byKey[n.values] = f
			}
			f.list = append(f.list, string(v.Stream), rueidis.BinaryString(appendValue(nil, s.origin, v.Number, &v)))
		}
	}
	s.mu.RUnlock()
	var cmds rueidis.Commands
	for _, f := range byKey {
		for list := range slices.Chunk(f.list, 2*portion) {
			cmds = append(cmds, s.writeNewer(fields{f.names, list}))
		}
		cmds = append(cmds, s.keep(f.names)...)
	}
	return s.all(cmds)
}

// read reads the last values of a topic, and publishes the marker of that place.
func (s *session) read(r *reading) (err error) {
	defer func() {
		r.err = err
		close(r.done)
	}()
	b := s.commands.B()
	elements := []string{component(r.topic)}
	if r.topic.IsCategory() {
		if elements, err = s.commands.Do(direct(), b.Smembers().Key(s.layout.components(r.topic.Category)).Build()).AsStrSlice(); err != nil {
			return err
		}
	}
	cmds := make(rueidis.Commands, 0, len(elements)+1)
	for _, e := range elements {
		cmds = append(cmds, b.Hgetall().Key(s.layout.valuesOf(r.topic.Category, e)).Build())
	}
	cmds = append(cmds, s.marker(r))
	results := s.commands.DoMulti(direct(), cmds...)
	var ended []string
	for i, e := range elements {
		hash, err := results[i].AsStrMap()
		if err != nil {
			if _, isRedis := rueidis.IsRedisErr(err); isRedis { // such as another type of key
				s.skipValue(s.layout.valuesOf(r.topic.Category, e), err)
				continue
			}
			return err
		}
		if len(hash) == 0 {
			ended = append(ended, e)
		}
		s.parseValues(r, hash)
	}
	if err := results[len(elements)].Error(); err != nil || !r.topic.IsCategory() {
		return err
	}
	return s.removeEnded(r.topic.Category, ended)
}

// removeUnlessExists removes elements from a set unless there is a hash.
// KEYS: the set and the hashes; ARGV: the elements.
const removeUnlessExists = `for i = 1, #ARGV do
if redis.call('EXISTS', KEYS[i + 1]) == 0 then redis.call('SREM', KEYS[1], ARGV[i]) end
end
return 0`

// removeEnded removes components without last values from those of their category.
func (s *session) removeEnded(c love.Category, elements []string) error {
	for part := range slices.Chunk(elements, portion) {
		keys := []string{s.layout.components(c)}
		for _, e := range part {
			keys = append(keys, s.layout.valuesOf(c, e))
		}
		cmd := s.commands.B().Eval().Script(removeUnlessExists).Numkeys(int64(len(keys))).Key(keys...).Arg(part...).Build()
		err := s.commands.Do(direct(), cmd).Error()
		if _, isRedis := rueidis.IsRedisErr(err); err != nil && !isRedis {
			return err
		}
	}
	return nil
}

// marker publishes the marker of a reading.
func (s *session) marker(r *reading) rueidis.Completed {
	m := message{kind: kindMarker, origin: s.origin, received: time.Now(), payload: binary.AppendUvarint(nil, r.number)}
	return s.toChannel(s.layout.marker(s.origin), m.append(nil))
}

// parseValues adds the values in a hash to what was read.
func (s *session) parseValues(r *reading, hash map[string]string) {
	for stream, text := range hash {
		bytes := unsafe.Slice(unsafe.StringData(text), len(text))
		origin, v, err := parseValue(r.topic.Category, stream, bytes)
		switch {
		case err != nil:
			s.skipValue(component(r.topic), err)
		case origin == s.origin: // the hubs of this process have it
		default:
			r.values, r.origins = append(r.values, v), append(r.origins, origin)
		}
	}
}

func (s *session) skipValue(where string, err error) {
	s.malformed.Add(1)
	s.unread.Failed(time.Now(), err, "where", where)
}
