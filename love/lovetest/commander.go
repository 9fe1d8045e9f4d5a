package lovetest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/sal"
)

// Commander is a [commander.Commander] for tests: it records the commands that it
// gets, and answers as the test sets. The zero value executes every command. It is
// safe for concurrent use.
type Commander struct {
	// Answer answers a command. Default: "Done". Set it before there are commands; see
	// [Commander.AnswerWith].
	Answer func(ctx context.Context, c commander.Call) (love.Ack, error)

	checker commander.Commander // for Check; may be nil

	mu     sync.Mutex
	calls  []commander.Call
	answer *answer    // of AnswerWith; nil: by Answer
	hold   testing.TB // of Hold; nil: commands are not held
	held   chan *Held
}

type answer struct {
	ack love.Ack
	err error
}

var (
	_ commander.Commander = (*Commander)(nil)
	_ commander.Checker   = (*Commander)(nil)
)

// Call returns a call of a command for tests: of the component "MTHexapod:1", the command
// "move" and its parameters, a JSON object or nothing. It was given by ana@lovetest. What
// is not a command panics.
func Call(component, command, params string) commander.Call {
	csc, index, err := sal.ParseName(component)
	if err == nil && params != "" {
		err = wire.Strict([]byte(params))
	}
	if err != nil {
		panic(fmt.Sprintf("lovetest: Call(%q, %q, %q): %v", component, command, params, err))
	}
	return commander.Call{
		Command: love.Command{CSC: csc, SalIndex: index, Name: "cmd_" + command, Params: json.RawMessage(params), Identity: "ana@lovetest"},
		User:    "ana",
	}
}

// AnswerWith answers all commands from now on in the same way: with an acknowledgement,
// such as that of [commander.Failed], or an error, such as that of [commander.Refuse].
func (c *Commander) AnswerWith(ack love.Ack, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer = &answer{ack, err}
}

// Calls returns the commands so far, in order.
func (c *Commander) Calls() []commander.Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.calls)
}

// Execute implements [commander.Commander].
func (c *Commander) Execute(ctx context.Context, call commander.Call) (love.Ack, error) {
	c.mu.Lock()
	c.calls = append(c.calls, call)
	fixed, hold, held := c.answer, c.hold, c.held
	c.mu.Unlock()
	switch {
	case held != nil:
		h := &Held{Call: call, t: hold, ctx: ctx, answer: make(chan answer, 1)}
		return h.execute(held)
	case fixed != nil:
		return fixed.ack, fixed.err
	case c.Answer != nil:
		return c.Answer(ctx, call)
	}
	return love.Ack{Text: love.Done, Code: love.AckComplete}, nil
}

// Check implements [commander.Checker]. Of the commander of a [Manager] that records the
// calls of another, the other one checks; any other cannot check parameters.
func (c *Commander) Check(ctx context.Context, call commander.Call) (love.Ack, error) {
	return commander.Check(ctx, c.checker, call)
}

// maxHeld is how many commands can wait for the test to take them.
const maxHeld = 1000

// Held is a command that waits for the test to answer it.
type Held struct {
	commander.Call

	t        testing.TB
	ctx      context.Context
	answer   chan answer
	answered atomic.Bool
}

// Hold has each command from now on wait until the test takes it with [Commander.Next]
// and answers it, or until its time is over.
func (c *Commander) Hold(t testing.TB) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hold, c.held = t, make(chan *Held, maxHeld)
}

// Next takes the next command that is held, and waits for it. If none comes within 10 s,
// the test fails.
func (c *Commander) Next() *Held {
	c.mu.Lock()
	t, held := c.hold, c.held
	c.mu.Unlock()
	if t == nil {
		panic("lovetest: Commander.Next takes commands that are held: call Hold before")
	}
	t.Helper()
	timer := time.NewTimer(waitTimeout)
	defer timer.Stop()
	select {
	case h := <-held:
		return h
	case <-timer.C:
		t.Fatalf("lovetest: no command came within %v; %d came since the beginning of the test", waitTimeout, len(c.Calls()))
		return nil
	}
}

// execute has the test answer the command.
func (h *Held) execute(held chan<- *Held) (love.Ack, error) {
	select {
	case held <- h:
	case <-h.ctx.Done():
		return love.Ack{}, context.Cause(h.ctx)
	}
	select {
	case a := <-h.answer:
		return a.ack, a.err
	case <-h.ctx.Done():
		return love.Ack{}, context.Cause(h.ctx)
	}
}

// Report reports progress, as the component does while it works on the command.
func (h *Held) Report(p love.Progress) { commander.Report(h.ctx, p) }

// Answer answers the command, once. If its time is over, nobody gets the answer.
func (h *Held) Answer(ack love.Ack, err error) {
	if h.answered.Swap(true) {
		h.t.Helper()
		h.t.Errorf("lovetest: the command %s of %s was answered before", h.Name, h.CSC)
		return
	}
	h.answer <- answer{ack, err}
}
