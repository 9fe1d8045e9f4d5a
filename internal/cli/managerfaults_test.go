package cli

import (
	"context"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
)

// faultSize is how much a fault test does: little by default, more with LOVE_FAULTS=full.
func faultSize(short, full int) int {
	if os.Getenv("LOVE_FAULTS") == "full" {
		return full
	}
	return short
}

// TestFault_AManagerIsKilled: the clients of one of two managers come back at the other, and
// those of the other do not notice.
func TestFault_AManagerIsKilled(t *testing.T) {
	p := startPair(t, faultSize(3, 8))
	random := rand.New(rand.NewPCG(20, 1))
	for range faultSize(1, 10) {
		victim := p.runs[random.IntN(2)]
		var moved, stayed []*follower
		before := map[*follower]int{}
		for _, s := range p.subscribers {
			var at *managerRun
			if at, before[s] = s.connection(); at == victim {
				moved = append(moved, s)
			} else {
				stayed = append(stayed, s)
			}
		}
		var kept []*numbering
		lost := map[string]bool{}
		for _, n := range p.publishers {
			if n.manager() == victim {
				for _, group := range n.groups {
					lost[group] = true
				}
			} else {
				kept = append(kept, n)
			}
		}
		missed := map[*follower]int{}
		for _, s := range stayed {
			for _, n := range kept {
				missed[s] += s.missed(n)
			}
		}
		p.mu.Lock()
		p.lost = lost
		p.mu.Unlock()
		t.Logf("%s is killed, with %d of %d subscribers and %d of 2 publishers", victim.name, len(moved), len(p.subscribers), 2-len(kept))
		victim.child.kill()
		p.remove(victim)

		p.eventually(func() bool {
			for _, s := range moved {
				if at, sessions := s.connection(); at == victim || sessions == before[s] {
					return false
				}
			}
			return true
		}, "all are connected again")
		p.everybodyHas(max(p.publishers[0].number(), p.publishers[1].number()) + 10)
		for _, s := range stayed {
			at, sessions := s.connection()
			require.NotSame(t, victim, at)
			require.Equal(t, before[s], sessions, "who was at the other manager stays there")
			now := 0
			for _, n := range kept {
				now += s.missed(n)
			}
			require.Equal(t, missed[s], now, "and gets all that is published there")
		}
		p.start(victim.name)
	}
	p.finish()
}

// TestFault_RollingRestart: both managers end, and are started again, one after the other,
// under load. No value is lost, and no command.
func TestFault_RollingRestart(t *testing.T) {
	random := rand.New(rand.NewPCG(20, 2))
	var mu sync.Mutex
	api := httptest.NewServer(commanderhttp.NewHandler(commanderhttp.Backend{Commander: commander.Func(func(ctx context.Context, _ commander.Call) (love.Ack, error) {
		ctx = commander.Sent(ctx)
		mu.Lock()
		wait := time.Duration(random.IntN(300)) * time.Millisecond
		mu.Unlock()
		select {
		case <-time.After(wait):
			return love.Ack{Code: love.AckComplete, Text: love.Done}, nil
		case <-ctx.Done():
			return love.Ack{}, context.Cause(ctx)
		}
	})}))
	defer api.Close()
	p := startPair(t, faultSize(3, 8), "--commander", api.URL, "--drain-delay", "1s", "--drain", "500ms", "--heartbeat-query-commander=false")
	login, err := client.Login(t.Context(), "http://"+p.runs[0].address, "admin", "admin's")
	require.NoError(t, err)

	stop := make(chan struct{})
	var commanding sync.WaitGroup
	var commands int
	for range 4 {
		commanding.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				answer := p.command(login.Token)
				mu.Lock()
				commands++
				mu.Unlock()
				if !strings.HasPrefix(answer, "200 ") {
					t.Errorf("a command: %s", answer)
					return
				}
			}
		})
	}
	for range faultSize(1, 10) {
		for _, r := range slices.Clone(p.runs) {
			require.NoError(t, r.child.cmd.Process.Signal(syscall.SIGTERM))
			require.NoError(t, r.child.cmd.Wait(), "%s", r.child.errors)
			p.remove(r)
			p.start(r.name)
			p.everybodyHas(max(p.publishers[0].number(), p.publishers[1].number()) + 10)
		}
	}
	close(stop)
	commanding.Wait()
	t.Logf("%d commands", commands)
	for _, s := range p.subscribers {
		_, sessions := s.connection()
		require.Greater(t, sessions, 1, "each was connected to one of the two")
	}
	p.finish()
}
