package lovetest

import (
	"context"
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
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/server"
)

// managerTimeout is how long [Manager.Next] waits.
const managerTimeout = 10 * time.Second

// Manager is a whole manager for tests: websocket hub, log-in, commands by HTTP
// and their record, on a real port of this machine. It remembers what is
// published and what is commanded, and can be killed and started again. It ends
// with the test.
//
//	m := lovetest.NewManager(t)
//	c, err := client.New(m.URL, client.WithProcessPassword(m.Password))
//	… publish …
//	msg := m.Next("event-Rack-1-power")
type Manager struct {
	URL      string // for client.New
	Password string // of processes
	// Commander gets the commands that users give.
	Commander *Commander

	t       testing.TB
	address string
	storage server.Storage
	users   *auth.Users

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
	server   *server.Server
	http     *http.Server
	listener *killer
	ctx      context.Context
	cancel   context.CancelFunc
	received sync.WaitGroup // until everything that the hub has read is received
	parts    sync.WaitGroup
}

// NewManager starts a manager. Users log in by names and passwords that are the
// same: "admin", who may do everything, "cmd_user", who may command, and "user".
func NewManager(t testing.TB) *Manager {
	t.Helper()
	m := &Manager{Password: "lovetest", Commander: &Commander{}, t: t, address: "127.0.0.1:0", storage: server.NewMemory(love.SystemClock{})}
	m.users = auth.NewUsers(m.storage.Users(), password.New(password.WithCost(8, 1))) // a test has no time for a safe hash
	m.changed = sync.NewCond(&m.mu)
	m.Start()
	t.Cleanup(m.Kill)
	return m
}

// Start starts the manager again after [Manager.Kill], at the same URL. It has
// kept users and the record of commands, and like any manager no subscriptions
// and no last values. [Manager.Messages] keeps what it had received.
func (m *Manager) Start() {
	m.t.Helper()
	listener, err := net.Listen("tcp", m.address)
	if err != nil {
		m.t.Fatalf("lovetest: start the manager: %v", err)
	}
	m.address = listener.Addr().String()
	m.URL = "http://" + m.address
	r := &managerRun{listener: &killer{Listener: listener, conns: map[net.Conn]bool{}}}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.server, err = server.New(r.ctx, server.Config{
		Storage: m.storage, Users: m.users, Passwords: map[string]string{"admin": "admin", "cmd_user": "cmd_user", "user": "user"},
		SecretKey: []byte("the tokens of a test outlive a restart"), ProcessPassword: m.Password,
		Commander: m.Commander, Authority: true, ServerURL: "lovetest",
	})
	if err != nil {
		m.t.Fatalf("lovetest: start the manager: %v", err)
	}
	r.http = &http.Server{Handler: r.server}
	everything := r.server.Hub().Subscribe(r.ctx, hub.SubscribeOptions{},
		love.CategoryGroup(love.CategoryEvent), love.CategoryGroup(love.CategoryTelemetry))
	r.received.Go(func() {
		for raw, err := range everything {
			if err == nil {
				m.receive(raw)
			}
		}
	})
	r.parts.Go(func() { _ = r.server.Run(r.ctx) }) // ends with ctx
	r.parts.Go(func() { _ = r.http.Serve(r.listener) })
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
	_ = r.http.Close()
	_ = r.server.Hub().Shutdown(r.ctx)
	r.received.Wait()
	r.cancel()
	r.parts.Wait()
	_ = r.server.Close(r.ctx)
}

// AddUser adds a user with a password and permissions, such as
// [auth.ExecuteCommand] or "ATDome:*:move*".
func (m *Manager) AddUser(name, password string, permissions ...auth.Permission) {
	m.t.Helper()
	if err := m.users.Add(context.Background(), auth.User{Username: name, Permissions: permissions}, password); err != nil {
		m.t.Fatalf("lovetest: %v", err)
	}
}

// Token returns a token of a user, as a log-in does, for client.WithToken.
func (m *Manager) Token(user string) string {
	m.t.Helper()
	m.mu.Lock()
	r := m.run
	m.mu.Unlock()
	if r == nil {
		m.t.Fatalf("lovetest: the manager is down")
		return ""
	}
	u, err := m.users.Lookup(r.ctx, user)
	if err != nil {
		m.t.Fatalf("lovetest: token of %s: %v", user, err)
	}
	token, err := r.server.Tokens().Issue(r.ctx, u)
	if err != nil {
		m.t.Fatalf("lovetest: token of %s: %v", user, err)
	}
	return token
}

func (m *Manager) receive(raw []byte) {
	msg, err := love.ParseMessage(slices.Clone(raw))
	if err != nil || msg.Category == love.CategoryEvent && len(msg.Data) == 1 && msg.Data[0].CSC == "Hub" {
		return // what the manager publishes itself
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
	timer := time.AfterFunc(managerTimeout, func() {
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
			m.t.Fatalf("lovetest: nothing came for %s within %v; received were %s", group, managerTimeout, m.summary())
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
	_ = r.server.Hub().Subscribe(r.ctx, hub.SubscribeOptions{}, g) // joined; nobody needs to read
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
