package lovetest_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/lovetest"
)

// pause is the commander under test: it refuses a command that comes less than 10 s
// after the one before, and passes all others on.
type pause struct {
	inner commander.Commander

	mu   sync.Mutex
	last time.Time
}

func (p *pause) Execute(ctx context.Context, c commander.Call) (love.Ack, error) {
	p.mu.Lock()
	wait := time.Until(p.last.Add(10 * time.Second))
	if wait <= 0 {
		p.last = time.Now()
	}
	p.mu.Unlock()
	if wait > 0 {
		return love.Ack{}, &commander.Error{Kind: commander.Busy, Text: "The lamp is too hot.", RetryAfter: wait}
	}
	return p.inner.Execute(ctx, c)
}

func testPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // time passes by itself
		lamp := &lovetest.Commander{}
		p := &pause{inner: lamp}
		on := lovetest.Call("Lamp", "on", "")
		if ack, err := p.Execute(t.Context(), on); err != nil || !ack.Succeeded() {
			t.Errorf("the first command: %+v, %v", ack, err)
		}
		time.Sleep(9 * time.Second)
		if _, err := p.Execute(t.Context(), on); commander.ErrorOf(err, "").Kind != commander.Busy {
			t.Errorf("the second command, too early: %v", err)
		}
		time.Sleep(time.Second)
		lamp.AnswerWith(commander.Failed("the bulb is broken"), nil)
		if ack, err := p.Execute(t.Context(), on); err != nil || ack.Succeeded() {
			t.Errorf("the third command: %+v, %v", ack, err)
		}
		if calls := lamp.Calls(); len(calls) != 2 || calls[0].Identity != "ana@lovetest" {
			t.Errorf("the lamp got %+v", calls)
		}
	})
}

// A team's own commander, tested with a commander that records its calls. Whether it
// is a correct commander shows [lovetest.RunCommander]. In a test file of your own,
// testPause is a function TestPause.
func Example_commander() {
	run("TestPause", testPause)
	// Output: TestPause passed: true
}
