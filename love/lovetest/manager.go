package lovetest

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

// managerPatience is how long [Manager.Next] waits.
const managerPatience = 10 * time.Second

// Manager is a manager for the tests of producers and other processes: a real
// hub on a real port of this machine, without users. It remembers what is
// published, and can be killed and started again. It ends with the test.
//
//	m := lovetest.NewManager(t)
//	c, err := client.New(m.URL, client.WithProcessPassword(m.Password))
//	… publish …
//	msg := m.Next("event-Rack-1-power")
type Manager struct {
	URL      string // for client.New
	Password string // of processes

	t       testing.TB
	address string

	mu       sync.Mutex
	changed  *sync.Cond
	received []received
	run      *managerRun // nil while it is down
}

// received is a message with the groups of its streams; Next sets taken.
type received struct {
	love.Message
	groups []string
	taken  bool
}

// managerRun is a manager's life from a start to a stop.
type managerRun struct {
	hub      *hub.Hub
	server   *http.Server
	listener *killer
	ctx      context.Context
	cancel   context.CancelFunc
	parts    sync.WaitGroup
}

// NewManager starts a manager.
func NewManager(t testing.TB) *Manager {
	m := &Manager{Password: "lovetest", t: t, address: "127.0.0.1:0"}
	m.changed = sync.NewCond(&m.mu)
	m.Start()
	t.Cleanup(m.Kill)
	return m
}

// Admit implements [hub.Gate].
func (m *Manager) Admit(r *http.Request) (auth.Principal, error) {
	if subtle.ConstantTimeCompare([]byte(r.URL.Query().Get("password")), []byte(m.Password)) == 0 {
		return auth.Principal{}, errors.New("give Manager.Password as the process password")
	}
	return auth.Principal{Process: true}, nil
}

// Start starts the manager again after [Manager.Kill], at the same URL. Like
// any manager it starts without state, but [Manager.Messages] keeps what it had
// received.
func (m *Manager) Start() {
	m.t.Helper()
	listener, err := net.Listen("tcp", m.address)
	if err != nil {
		m.t.Fatalf("lovetest: start the manager: %v", err)
	}
	m.address = listener.Addr().String()
	m.URL = "http://" + m.address
	r := &managerRun{hub: hub.New(hub.WithGate(m)), listener: &killer{Listener: listener, conns: map[net.Conn]bool{}}}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.server = &http.Server{Handler: r.hub}
	everything := r.hub.Subscribe(r.ctx, hub.SubscribeOptions{},
		love.CategoryGroup(love.CategoryEvent), love.CategoryGroup(love.CategoryTelemetry))
	r.parts.Go(func() {
		for raw, err := range everything {
			if err == nil {
				m.receive(raw)
			}
		}
	})
	r.parts.Go(func() { _ = r.server.Serve(r.listener) })
	m.mu.Lock()
	defer m.mu.Unlock()
	m.run = r
}

// Kill ends the manager and all connections at once, as when its process dies.
// Called again it does nothing.
func (m *Manager) Kill() {
	m.mu.Lock()
	r := m.run
	m.run = nil
	m.mu.Unlock()
	if r == nil {
		return
	}
	r.listener.kill()
	_ = r.server.Close()
	_ = r.hub.Shutdown(r.ctx)
	r.parts.Wait() // so that m.received has all that the hub has read
	r.cancel()
}

func (m *Manager) receive(raw []byte) {
	msg, err := love.ParseMessage(slices.Clone(raw))
	if err != nil {
		return
	}
	got := received{Message: msg}
	for _, it := range msg.Data {
		for _, s := range it.Streams {
			got.groups = append(got.groups, love.Group{Category: msg.Category, CSC: it.CSC, SalIndex: it.SalIndex.String(), Stream: s.Name}.String())
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.received = append(m.received, got)
	m.changed.Broadcast()
}

// Messages returns all data messages received so far, in order.
func (m *Manager) Messages() []love.Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([]love.Message, len(m.received))
	for i, r := range m.received {
		all[i] = r.Message
	}
	return all
}

// Next waits for the next message with a stream, given as its group
// ("event-Rack-1-power"), and takes it: each is returned once. If none comes
// within 10 s, the test fails.
func (m *Manager) Next(group string) love.Message {
	m.t.Helper()
	over := false
	timer := time.AfterFunc(managerPatience, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		over = true
		m.changed.Broadcast()
	})
	defer timer.Stop()
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := 0; ; {
		for ; i < len(m.received); i++ {
			if r := &m.received[i]; !r.taken && slices.Contains(r.groups, group) {
				r.taken = true
				return r.Message
			}
		}
		if over {
			m.t.Fatalf("lovetest: nothing came for %s within %v; received were %s", group, managerPatience, m.summary())
		}
		m.changed.Wait()
	}
}

// summary counts what came by group.
func (m *Manager) summary() string {
	counts := map[string]int{}
	var order []string
	for _, r := range m.received {
		for _, g := range r.groups {
			if counts[g]++; counts[g] == 1 {
				order = append(order, g)
			}
		}
	}
	for i, g := range order {
		order[i] = fmt.Sprintf("%s (%d)", g, counts[g])
	}
	return "[" + strings.Join(order, ", ") + "]"
}

// Watch subscribes to a stream like a viewer who opens a page: for an event the
// manager asks the producers to send it again. The subscription lasts until the
// manager is killed.
func (m *Manager) Watch(group string) {
	m.t.Helper()
	g, err := love.ParseGroup(group)
	m.mu.Lock()
	r := m.run
	m.mu.Unlock()
	if err != nil || r == nil {
		m.t.Fatalf("lovetest: watch %q: the group is not one, or the manager is down", group)
		return
	}
	_ = r.hub.Subscribe(r.ctx, hub.SubscribeOptions{}, g) // joined; nobody needs to read
}

// killer is a listener that can close all connections it has accepted.
type killer struct {
	net.Listener
	mu    sync.Mutex
	dead  bool
	conns map[net.Conn]bool
}

// Accept implements [net.Listener].
func (k *killer) Accept() (net.Conn, error) {
	conn, err := k.Listener.Accept()
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.dead {
		_ = conn.Close()
	}
	k.conns[conn] = true
	return conn, nil
}

func (k *killer) kill() {
	_ = k.Close()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.dead = true
	for conn := range k.conns {
		_ = conn.Close()
	}
}
