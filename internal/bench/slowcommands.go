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

// SlowCommands issues commands to a manager, and is the commander that does not
// answer them, so that they are under way in the manager during a whole run.
type SlowCommands struct {
	url, token string
	number     int
	server     *http.Server
	serving    sync.WaitGroup // the server's goroutine
	client     *http.Client

	mu    sync.Mutex
	round *commandRound // of the current run; nil between runs
}

// commandRound holds the commands of one run.
type commandRound struct {
	arrived  atomic.Int64
	complete chan struct{} // closed when all have arrived
	answer   chan struct{} // closed when they may be answered
	issuing  sync.WaitGroup
	failed   chan error
}

// NewSlowCommands starts a commander on a listener; the manager must be configured
// to use it. url is where the manager accepts commands, token that of a user who
// may command, and number how many commands are kept under way.
// [SlowCommands.Close] ends it.
func NewSlowCommands(commander net.Listener, url, token string, number int) *SlowCommands {
	s := &SlowCommands{url: url, token: token, number: number}
	s.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: number}}
	s.server = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: time.Minute}
	s.serving.Go(func() { _ = s.server.Serve(commander) }) // if the listener fails, so do the commands
	return s
}

// Close ends the commander.
func (s *SlowCommands) Close() error {
	s.client.CloseIdleConnections()
	err := s.server.Close()
	s.serving.Wait()
	return err
}

// Disturbance returns the commands under way as a disturbance of runs.
func (s *SlowCommands) Disturbance() Disturbance {
	return Disturbance{Name: fmt.Sprintf("%d commands under way", s.number), Begin: s.begin}
}

// serve answers like a LOVE-commander: heartbeats at once, commands when their
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

// begin issues the commands and returns when all have reached the commander.
func (s *SlowCommands) begin(ctx context.Context, _ *Load) (end func() error, err error) {
	r := &commandRound{complete: make(chan struct{}), answer: make(chan struct{}), failed: make(chan error, s.number)}
	s.mu.Lock()
	s.round = r
	s.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	for range s.number {
		r.issuing.Go(func() {
			if err := s.issueIn(ctx, r); err != nil {
				r.failed <- err
			}
		})
	}
	end = func() error {
		close(r.answer)
		r.issuing.Wait()
		cancel()
		close(r.failed)
		return <-r.failed
	}
	select {
	case <-r.complete:
		return end, nil
	case err := <-r.failed:
		cancel()
		_ = end() // the other commands fail in the same way
		return nil, err
	case <-ctx.Done():
		_ = end()
		return nil, ctx.Err()
	}
}

var errAnsweredElsewhere = errors.New("a command was answered before this commander did so: does the manager use it?")

// issueIn issues a command of a round. If it is answered before the end of the
// round, another commander has answered it, and it was not under way.
func (s *SlowCommands) issueIn(ctx context.Context, r *commandRound) error {
	if err := s.issue(ctx); err != nil {
		return err
	}
	select {
	case <-r.answer:
		return nil
	default:
		return errAnsweredElsewhere
	}
}

// issue issues a command and waits for its answer.
func (s *SlowCommands) issue(ctx context.Context) error {
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
