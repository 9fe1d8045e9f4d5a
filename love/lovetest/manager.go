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
	"github.com/rubin-love/love-go/love/server"
)

// managerTimeout is how long [Manager.Next] waits.
const managerTimeout = 10 * time.Second

// Manager is a whole manager for tests: websocket hub, log-in, commands by HTTP
// and their record, on a real port of this machine. It records what is published
// and what is commanded, and can be killed and started again. It ends with the
// test.
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
	received []receivedMessage
	run      *managerRun // nil while the manager is down
}

// receivedMessage is a message with the groups of its streams.
type receivedMessage struct {
	love.Message
	groups []string
	taken  bool // Next has returned it
}

// managerRun is a run of the manager, from Start to Kill.
type managerRun struct {
	server   *server.Server
	http     *http.Server
	listener *killableListener
	ctx      context.Context
	cancel   context.CancelFunc
	received sync.WaitGroup // until everything that the hub has read is received
	parts    sync.WaitGroup
}

// NewManager starts a manager. It has the users "admin", who may do everything,
// "cmd_user", who may command, and "user"; the password of each is the name.
func NewManager(t testing.TB) *Manager {
	t.Helper()
	m := &Manager{Password: "lovetest", Commander: &Commander{}, t: t, address: "127.0.0.1:0", storage: server.NewMemory(love.SystemClock{})}
	m.users = auth.NewUsers(m.storage.Users(), password.New(password.WithCost(8, 1))) // a safe hash would take too long for tests
	m.changed = sync.NewCond(&m.mu)
	m.Start()
	t.Cleanup(m.Kill)
	return m
}

// Start starts the manager again after [Manager.Kill], at the same URL. It still
// has its users and its record of commands but, like any manager, no subscriptions
// and no last values. [Manager.Messages] still returns the earlier messages.
func (m *Manager) Start() {
	m.t.Helper()
	listener, err := net.Listen("tcp", m.address)
	if err != nil {
		m.t.Fatalf("lovetest: start the manager: %v", err)
	}
	m.address = listener.Addr().String()
	m.URL = "http://" + m.address
	r := &managerRun{listener: &killableListener{Listener: listener, conns: map[net.Conn]bool{}}}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.server, err = server.New(r.ctx, server.Config{
		Storage: m.storage, Users: m.users, Passwords: map[string]string{"admin": "admin", "cmd_user": "cmd_user", "user": "user"},
		SecretKey: []byte("the tokens of a test outlive a restart"), ProcessPassword: m.Password, AllowWeakSecrets: true,
		Commander: m.Commander, Authority: true, ServerURL: "lovetest",
	})
	if err != nil {
		m.t.Fatalf("lovetest: start the manager: %v", err)
	}
	r.http = &http.Server{Handler: r.server}
	everything := r.server.Hub().Subscribe(r.ctx,
		love.CategoryGroup(love.CategoryEvent), love.CategoryGroup(love.CategoryTelemetry))
	r.received.Go(func() {
		for d, err := range everything {
			if err == nil {
				m.receive(d.Raw)
			}
		}
	})
	r.parts.Go(func() { _ = r.server.Run(r.ctx) }) // ends with ctx
	r.parts.Go(func() { _ = r.http.Serve(r.listener) })
	m.mu.Lock()
	defer m.mu.Unlock()
	m.run = r
}

// Kill ends the manager and all connections at once, as when its process dies. It
// may be called again.
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
	r := m.running()
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
	got := receivedMessage{Message: msg}
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

// Publish sends a data message to its subscribers, as if a producer had published
// it. Messages and Next return it, too.
func (m *Manager) Publish(msg love.Message) {
	m.t.Helper()
	r := m.running()
	if err := r.server.Hub().Publish(r.ctx, msg); err != nil {
		m.t.Fatalf("lovetest: publish: %v", err)
	}
}

// running returns the current run; if the manager is down, the test fails.
func (m *Manager) running() *managerRun {
	m.t.Helper()
	m.mu.Lock()
	r := m.run
	m.mu.Unlock()
	if r == nil {
		m.t.Fatalf("lovetest: the manager is down")
	}
	return r
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
// ("event-Rack-1-power"). It returns each message once. If none arrives within
// 10 s, the test fails.
func (m *Manager) Next(group string) love.Message {
	m.t.Helper()
	timedOut := false
	timer := time.AfterFunc(managerTimeout, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		timedOut = true
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
		if timedOut {
			m.t.Fatalf("lovetest: no message for %s arrived within %v; these did: %s", group, managerTimeout, m.summary())
		}
		m.changed.Wait()
	}
}

// summary counts the messages by group.
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

// Watch subscribes to a stream as a screen does when a page is opened: if it is an
// event, the manager asks the producers to send it again. The subscription lasts
// until the manager is killed.
func (m *Manager) Watch(group string) {
	m.t.Helper()
	g, err := love.ParseGroup(group)
	if err != nil {
		m.t.Fatalf("lovetest: watch: %v", err)
	}
	r := m.running()
	_ = r.server.Hub().Subscribe(r.ctx, g) // joined; nobody needs to read
}

// killableListener is a listener that can close all connections it has accepted.
type killableListener struct {
	net.Listener
	mu     sync.Mutex
	killed bool
	conns  map[net.Conn]bool
}

// Accept implements [net.Listener].
func (k *killableListener) Accept() (net.Conn, error) {
	conn, err := k.Listener.Accept()
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.killed {
		_ = conn.Close()
	}
	k.conns[conn] = true
	return conn, nil
}

func (k *killableListener) kill() {
	_ = k.Close()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.killed = true
	for conn := range k.conns {
		_ = conn.Close()
	}
}
