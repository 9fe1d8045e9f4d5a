package store

import (
	"context"
	"encoding/json"
	"fmt"
)

// toldChannel is where processes with the same PostgreSQL tell each other something that is
// not kept.
const toldChannel = "love_told"

// maxTold bounds a text in bytes; PostgreSQL takes 8000 with what goes with it.
const maxTold = 4000

// told is what a process tells others.
type told struct {
	Schema string `json:"schema"` // other schemas of the database are others' stores
	From   string `json:"from"`   // the store that told it
	Text   string `json:"text"`
}

// Tell hands a text of at most 4000 bytes to the watchers of [Store.Told] of all other
// processes that have the same PostgreSQL database open at that moment. It is not kept. With
// SQLite nobody gets it.
func (s *Store) Tell(ctx context.Context, text string) error {
	if len(text) > maxTold {
		return fmt.Errorf("a text of %d bytes for the other processes: at most %d are handed on", len(text), maxTold)
	}
	if s.postgres == nil {
		return nil
	}
	payload, err := json.Marshal(told{s.schema, s.id, text})
	if err != nil {
		return err
	}
	return s.exec(ctx, `SELECT pg_notify('`+toldChannel+`', $1)`, string(payload))
}

// Told calls f with each text that another process tells, until cancel is called. f must not
// block.
func (s *Store) Told(f func(text string)) (cancel func()) { return s.toldWatchers.Add(f) }

// hear passes on what another process tells.
func (s *Store) hear(payload string) {
	var t told
	if json.Unmarshal([]byte(payload), &t) == nil && t.Schema == s.schema && t.From != s.id {
		s.toldWatchers.Notify(t.Text)
	}
}
