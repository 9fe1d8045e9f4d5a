package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// SlowCommands gives commands to a manager and is the commander that does not
// answer them, so that they are under way in the manager for as long as a run
// lasts.
type SlowCommands struct {
	url, token string
	number     int
	server     *http.Server
	client     *http.Client

	mu    sync.Mutex
	round *round // nil: none
}

// round holds the commands of one run.
type round struct {
	arrived  atomic.Int64
	complete chan struct{} // closed when all have arrived
	answer   chan struct{} // closed when they are to be answered
	giving   sync.WaitGroup
	failed   chan error
}

// NewSlowCommands starts a commander on a listener; the manager must have been
// told to use it. url is where the manager takes commands, token that of a user
// who may command, and number how many commands are kept under way.
// [SlowCommands.Close] ends it.
func NewSlowCommands(commander net.Listener, url, token string, number int) *SlowCommands {
	s := &SlowCommands{url: url, token: token, number: number}
	s.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: number}}
	s.server = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: time.Minute}
	go func() { _ = s.server.Serve(commander) }() // ends with Close; a broken listener shows as commands that fail
	return s
}

// Close ends the commander.
func (s *SlowCommands) Close() error {
	s.client.CloseIdleConnections()
	return s.server.Close()
}

// Disturbance returns the commands under way as something to compare with.
func (s *SlowCommands) Disturbance() Disturbance {
	return Disturbance{Name: fmt.Sprintf("%d commands under way", s.number), Begin: s.begin}
}

// serve answers as a LOVE-commander: heartbeats at once, commands when their
// round is over.
func (s *SlowCommands) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if !strings.HasPrefix(r.URL.Path, "/cmd") {
		fmt.Fprintf(w, `{"timestamp":%d}`, time.Now().Unix())
		return
	}
	_, _ = io.Copy(io.Discard, r.Body)
	s.mu.Lock()
	round := s.round
	s.mu.Unlock()
	if round != nil {
		if round.arrived.Add(1) == int64(s.number) {
			close(round.complete)
		}
		select {
		case <-round.answer:
		case <-r.Context().Done():
		}
	}
	_, _ = io.WriteString(w, `{"ack":"Done"}`)
}

// begin gives the commands and returns when all have come to the commander.
func (s *SlowCommands) begin(ctx context.Context, _ *Load) (end func() error, err error) {
	r := &round{complete: make(chan struct{}), answer: make(chan struct{}), failed: make(chan error, s.number)}
	s.mu.Lock()
	s.round = r
	s.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	for range s.number {
		r.giving.Go(func() {
			if err := s.giveIn(ctx, r); err != nil {
				r.failed <- err
			}
		})
	}
	end = func() error {
		close(r.answer)
		r.giving.Wait()
		cancel()
		close(r.failed)
		return <-r.failed
	}
	select {
	case <-r.complete:
		return end, nil
	case err := <-r.failed:
		cancel()
		_ = end() // more of the same
		return nil, err
	case <-ctx.Done():
		_ = end()
		return nil, ctx.Err()
	}
}

var errElsewhere = errors.New("a command was answered before this commander did so: does the manager use it?")

// giveIn gives a command of a round. An answer before the end of the round is
// not this commander's, and the command was not under way.
func (s *SlowCommands) giveIn(ctx context.Context, r *round) error {
	if err := s.give(ctx); err != nil {
		return err
	}
	select {
	case <-r.answer:
		return nil
	default:
		return errElsewhere
	}
}

// give gives a command and waits for its answer.
func (s *SlowCommands) give(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, strings.NewReader(`{"csc":"Bench","salindex":0,"cmd":"cmd_wait","params":{}}`))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Token "+s.token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := s.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("a command was answered with %d: %s", answer.StatusCode, text)
	}
	return err
}
