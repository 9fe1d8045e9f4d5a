package lovetest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

// CommanderSetup is a commander for [RunCommander], with commands of known
// outcomes; see [Call]. Tests that need a command without a name, or a function that is
// nil, are skipped.
type CommanderSetup struct {
	Commander commander.Commander
	Succeeds  commander.Call // the component executes it
	Fails     commander.Call // the component refuses it, or fails
	Refused   commander.Call // it is wrong, and does not reach the component
	Hangs     commander.Call // the component does not answer
	Progress  commander.Call // the component reports progress and then executes it

	// Exclusive says that the component executes one command at a time and refuses or
	// fails others meanwhile. Default: it executes any number.
	Exclusive bool

	// Block holds commands up on their way to the component until release is called.
	Block func() (release func())
	// Executed returns how many commands the component has been sent.
	Executed func() int
}

// RunCommander is the conformance suite of [commander.Commander], and of
// [commander.Checker] if the commander is one. setup returns a new commander for
// each test, and ends it with t.Cleanup.
//
//	func TestMyCommander(t *testing.T) {
//		lovetest.RunCommander(t, func(t *testing.T) lovetest.CommanderSetup { … })
//	}
func RunCommander(t *testing.T, setup func(t *testing.T) CommanderSetup) {
	for name, test := range map[string]func(*testing.T, CommanderSetup){
		"a command that succeeds has an acknowledgement of success":         commanderSucceeds,
		"a failure of the component is an acknowledgement, not an error":    commanderFails,
		"a wrong command is refused with a text, and not sent":              commanderRefuses,
		"a command ends at its deadline, and may have been executed":        commanderTimesOut,
		"a command ends when its context is cancelled":                      commanderIsCancelled,
		"a command ends at once if its context has ended already":           commanderHonoursContexts,
		"a command that has not left by its deadline never leaves":          commanderForgets,
		"progress is reported before the acknowledgement":                   commanderReportsProgress,
		"commands are executed at the same time, each with its own outcome": commanderIsConcurrent,
		"checking refuses what executing would refuse":                      commanderChecks,
	} {
		t.Run(name, func(t *testing.T) { test(t, setup(t)) })
	}
}

// commanderTimeout is the longest that Execute may take after its context has ended.
const commanderTimeout = 10 * time.Second

func orSkip(t *testing.T, c commander.Call) commander.Call {
	t.Helper()
	if c.Name == "" {
		t.Skip("the setup has no such command")
	}
	return c
}

func commanderSucceeds(t *testing.T, s CommanderSetup) {
	ack, err := s.Commander.Execute(t.Context(), orSkip(t, s.Succeeds))
	require.NoError(t, err)
	require.True(t, ack.Succeeded(), "%+v", ack)
}

func commanderFails(t *testing.T, s CommanderSetup) {
	ack, err := s.Commander.Execute(t.Context(), orSkip(t, s.Fails))
	require.NoError(t, err)
	require.False(t, ack.Succeeded(), "%+v", ack)
	require.NotEmpty(t, ack.Text, "the operator reads the reason")
}

func commanderRefuses(t *testing.T, s CommanderSetup) {
	_, err := s.Commander.Execute(t.Context(), orSkip(t, s.Refused))
	var refused *commander.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, commander.Refused, refused.Kind)
	require.False(t, refused.Sent())
	require.NotEmpty(t, refused.Text, "the operator reads what is wrong")
}

func commanderTimesOut(t *testing.T, s CommanderSetup) {
	call := orSkip(t, s.Hangs)
	ctx, cancel := commander.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := inTime(t, func() error { _, err := s.Commander.Execute(ctx, call); return err })
	if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		var failed *commander.Error
		require.ErrorAs(t, err, &failed, "the error wraps that of the context, or says what is known")
		require.True(t, failed.Sent(), "%v", failed.Kind)
	}
}

func commanderIsCancelled(t *testing.T, s CommanderSetup) {
	call := orSkip(t, s.Hangs)
	ctx, cancel := context.WithCancel(t.Context())
	defer time.AfterFunc(50*time.Millisecond, cancel).Stop()
	require.Error(t, inTime(t, func() error { _, err := s.Commander.Execute(ctx, call); return err }))
}

func commanderHonoursContexts(t *testing.T, s CommanderSetup) {
	call := orSkip(t, s.Hangs)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, inTime(t, func() error { _, err := s.Commander.Execute(ctx, call); return err }))
}

func commanderForgets(t *testing.T, s CommanderSetup) {
	call := orSkip(t, s.Succeeds)
	if s.Block == nil || s.Executed == nil {
		t.Skip("the setup cannot hold commands up")
	}
	release := s.Block()
	ctx, cancel := commander.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := inTime(t, func() error { _, err := s.Commander.Execute(ctx, call); return err })
	var failed *commander.Error
	require.ErrorAs(t, err, &failed)
	require.False(t, failed.Sent(), "the operator reads that nothing was sent: %v", failed)
	release()
	ack, err := s.Commander.Execute(t.Context(), call)
	require.NoError(t, err)
	require.True(t, ack.Succeeded(), "%+v", ack)
	require.Equal(t, 1, s.Executed())
}

// inTime returns what f returns, or fails the test if f does not return.
func inTime(t *testing.T, f func() error) error {
	t.Helper()
	returned := make(chan error, 1)
	go func() { returned <- f() }()
	select {
	case err := <-returned:
		return err
	case <-time.After(commanderTimeout):
		require.FailNow(t, "Execute does not return after its context has ended")
		return nil
	}
}

func commanderReportsProgress(t *testing.T, s CommanderSetup) {
	call := orSkip(t, s.Progress)
	var mu sync.Mutex
	var reported []love.Progress
	ctx := commander.WithProgress(t.Context(), func(p love.Progress) {
		mu.Lock()
		defer mu.Unlock()
		reported = append(reported, p)
	})
	ack, err := s.Commander.Execute(ctx, call)
	require.NoError(t, err)
	require.True(t, ack.Succeeded(), "%+v", ack)
	mu.Lock()
	defer mu.Unlock()
	require.NotEmpty(t, reported)
	for _, p := range reported {
		require.Contains(t, []int{300, 301}, p.Code, "%+v", p)
		require.NotEmpty(t, p.Name)
	}
}

func commanderIsConcurrent(t *testing.T, s CommanderSetup) {
	good := orSkip(t, s.Succeeds)
	if s.Exclusive {
		commanderIsExclusive(t, s)
		return
	}
	const hint = "while others were executed (is the component Exclusive?)"
	var hanging, running sync.WaitGroup
	if s.Hangs.Name != "" {
		ctx, cancel := context.WithCancel(t.Context())
		for range 10 {
			hanging.Go(func() { _, _ = s.Commander.Execute(ctx, s.Hangs) })
		}
		defer hanging.Wait()
		defer cancel()
	}
	for range 50 {
		running.Go(func() {
			if ack, err := s.Commander.Execute(t.Context(), good); err != nil || !ack.Succeeded() {
				t.Errorf("%s: %+v, %v, %s", good.Name, ack, err, hint)
			}
		})
		if s.Fails.Name != "" {
			running.Go(func() {
				if ack, err := s.Commander.Execute(t.Context(), s.Fails); err != nil || ack.Succeeded() {
					t.Errorf("%s: %+v, %v, %s", s.Fails.Name, ack, err, hint)
				}
			})
		}
	}
	running.Wait()
}

// commanderIsExclusive requires of a component that executes one command at a time that
// those that come meanwhile are failures, or errors of commands that were not sent; and
// that it executes the next one, also after one that was given up.
func commanderIsExclusive(t *testing.T, s CommanderSetup) {
	if s.Hangs.Name != "" {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		require.Error(t, inTime(t, func() error { _, err := s.Commander.Execute(ctx, s.Hangs); return err }))
		ack, err := s.Commander.Execute(t.Context(), s.Succeeds)
		require.NoError(t, err, "after a command that was given up")
		require.True(t, ack.Succeeded(), "after a command that was given up: %+v", ack)
	}
	var running sync.WaitGroup
	var executed atomic.Int32
	for range 50 {
		running.Go(func() {
			ack, err := s.Commander.Execute(t.Context(), s.Succeeds)
			switch {
			case err != nil && commander.ErrorOf(err, "").Sent():
				t.Errorf("%s: the error must say that the command was not sent: %v", s.Succeeds.Name, err)
			case err == nil && ack.Succeeded():
				executed.Add(1)
			case err == nil && ack.Text == "":
				t.Errorf("%s: the operator reads the reason of a failure: %+v", s.Succeeds.Name, ack)
			}
		})
	}
	running.Wait()
	require.Positive(t, executed.Load(), "of commands at the same time one must be executed")
	ack, err := s.Commander.Execute(t.Context(), s.Succeeds)
	require.NoError(t, err, "when nothing is under way")
	require.True(t, ack.Succeeded(), "when nothing is under way: %+v", ack)
}

func commanderChecks(t *testing.T, s CommanderSetup) {
	checker, ok := s.Commander.(commander.Checker)
	if !ok {
		t.Skip("the commander is not a commander.Checker")
	}
	ack, err := checker.Check(t.Context(), orSkip(t, s.Succeeds))
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(ack.Text, commander.WouldSend) || ack.Text == commander.Unchecked,
		"the text is commander.Unchecked, or begins with commander.WouldSend: %q", ack.Text)
	if ack.Text == commander.Unchecked || s.Refused.Name == "" {
		return
	}
	_, checked := checker.Check(t.Context(), s.Refused)
	_, executed := s.Commander.Execute(t.Context(), s.Refused)
	require.Error(t, checked)
	require.Equal(t, commander.ErrorOf(executed, "").Text, commander.ErrorOf(checked, "").Text)
}
