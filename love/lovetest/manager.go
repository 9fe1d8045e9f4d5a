package lovetest

import (
	"context"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/server"
)

// Manager is a whole manager for tests: websocket hub, log-in, commands by HTTP
// and their record. It records what is published, in its [Inbox], and what is commanded,
// in its Commander, and can be killed and started again. It ends with the test.
//
//	m := lovetest.NewManager(t)
//	m.Run(newRack(1))                          // the producer under test
//	m.Next("event-Rack-1-power")               // what it publishes
//	ana := m.LogIn("cmd_user", "cmd_user")     // a user's client
//	ack, err := ana.Command(t.Context(), lovetest.Call("Rack:1", "off", "").Command)
type Manager struct {
	*Inbox

	URL      string // for client.New and programs under test
	Password string // of processes
	// HTTP reaches the manager at its URL, for pages and routes of your own.
	HTTP *http.Client
	// Commander gets the commands that users give, records and answers them.
	Commander *Commander

	t       testing.TB
	config  []func(*server.Config)
	network network
	storage server.Storage
	users   *auth.Users

	mu  sync.Mutex
	run *managerRun // nil while the manager is down
}

// ManagerOption is an option of [NewManager].
type ManagerOption func(*Manager)

// WithConfig has a function change the configuration of the manager, at each start: for
// a log-in, a gate, a commander, a clock or a logger of your own. The manager's own
// Commander then records the calls of yours. A Storage of your own is closed when the
// manager is killed, so the function must open it again.
//
//	lovetest.WithConfig(func(c *server.Config) { c.Authenticator = badges })
func WithConfig(change func(c *server.Config)) ManagerOption {
	return func(m *Manager) { m.config = append(m.config, change) }
}

// InProcess starts the manager without a port: it is reached through pipes within the
// process, and so can live in a bubble of testing/synctest. Only the manager's own
// clients reach it, and those that are made with [Manager.ClientOptions] or HTTP.
func InProcess() ManagerOption { return func(m *Manager) { m.network = &pipes{} } }

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

// NewManager starts a manager, on a port of this machine unless it is [InProcess]. It
// has the users "admin", who may do everything, "cmd_user", who may command, and "user";
// the password of each is the name.
func NewManager(t testing.TB, opts ...ManagerOption) *Manager {
	t.Helper()
	m := &Manager{
		Inbox: newInbox(t), Password: "lovetest", Commander: &Commander{}, t: t,
		network: &port{address: "127.0.0.1:0"}, storage: server.NewMemory(love.SystemClock{}),
	}
	for _, o := range opts {
		o(m)
	}
	transport := &http.Transport{DialContext: m.network.dial, DisableCompression: true}
	m.HTTP = &http.Client{Transport: transport}
	t.Cleanup(func() {
		m.Kill()
		transport.CloseIdleConnections()
	})
	m.Start()
	return m
}

// Start starts the manager again after [Manager.Kill], at the same URL. It still
// has its users and its record of commands but, like any manager, no subscriptions
// and no last values. [Inbox.Messages] still returns the earlier messages.
func (m *Manager) Start() {
	m.t.Helper()
	listener, err := m.network.listen()
	if err != nil {
		m.t.Fatalf("lovetest: start the manager: %v", err)
	}
	m.URL = m.network.url()
	r := &managerRun{listener: &killableListener{Listener: listener, conns: map[net.Conn]bool{}}}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	config := m.serverConfig()
	if r.server, err = server.New(r.ctx, config); err != nil {
		r.cancel()
		_ = listener.Close()
		m.t.Fatalf("lovetest: start the manager: %v", err)
	}
	m.users, m.Password = config.Users, config.ProcessPassword
	r.http = &http.Server{Handler: r.server}
	everything := r.server.Hub().Subscribe(r.ctx,
		love.CategoryGroup(love.CategoryEvent), love.CategoryGroup(love.CategoryTelemetry))
	r.received.Go(func() {
		for d, err := range everything {
			if err == nil {
				m.receive(d)
			}
		}
	})
	r.parts.Go(func() { _ = r.server.Run(r.ctx) }) // ends with ctx
	r.parts.Go(func() { _ = r.http.Serve(r.listener) })
	m.mu.Lock()
	defer m.mu.Unlock()
	m.run = r
}

// serverConfig returns the configuration, with what WithConfig changes.
func (m *Manager) serverConfig() server.Config {
	c := server.Config{
		Storage: m.storage, Passwords: map[string]string{"admin": "admin", "cmd_user": "cmd_user", "user": "user"},
		ProcessPassword: m.Password, AllowWeakSecrets: true, Commander: m.Commander, Authority: true, ServerURL: "lovetest",
	}
	for _, change := range m.config {
		change(&c)
	}
	if c.Users == nil {
		c.Users = auth.NewUsers(c.Storage.Users(), password.New(password.WithCost(8, 1))) // a safe hash would take too long for tests
	}
	if c.Tokens == nil && len(c.SecretKey) == 0 {
		c.SecretKey = []byte("the tokens of a test outlive a restart")
	}
	if own := c.Commander; own != nil && own != commander.Commander(m.Commander) {
		m.Commander.checker, m.Commander.Answer = own, own.Execute
		c.Commander = m.Commander
		if i, ok := own.(commander.Informer); ok && c.Informer == nil {
			c.Informer = i
		}
		if l, ok := own.(commander.Logbook); ok && c.Logbook == nil {
			c.Logbook = l
		}
		if h, ok := own.(commander.Heartbeater); ok && c.Heartbeater == nil {
			c.Heartbeater = h
		}
	}
	return c
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

// AddUser adds a user with a password and permissions, such as
// [auth.ExecuteCommand] or "ATDome:*:move*".
func (m *Manager) AddUser(name, password string, permissions ...auth.Permission) {
	m.t.Helper()
	if err := m.users.Add(context.Background(), auth.User{Username: name, Permissions: permissions}, password); err != nil {
		m.t.Fatalf("lovetest: %v", err)
	}
}

// ClientOptions are for the clients of a manager that is [InProcess], which they could
// not reach without: give them to a program under test. For any other they do no harm.
func (m *Manager) ClientOptions() []client.Option {
	return []client.Option{client.WithHTTPClient(m.HTTP), client.WithDialer(m.network.dial)}
}

// Client returns a client of the manager, with a credential such as
// client.WithProcessPassword. The test runs it, if it subscribes or publishes.
func (m *Manager) Client(opts ...client.Option) *client.Client {
	m.t.Helper()
	c, err := client.New(m.URL, slices.Concat(m.ClientOptions(), opts)...)
	if err != nil {
		m.t.Fatalf("lovetest: %v", err)
	}
	return c
}

// LogIn logs a user in by HTTP, as a page does, and returns a client with the token, which
// is connected, and runs until the test ends. If the manager refuses, the test fails.
func (m *Manager) LogIn(user, password string, opts ...client.Option) *client.Client {
	m.t.Helper()
	login, err := client.Login(m.t.Context(), m.URL, user, password, slices.Concat(m.ClientOptions(), opts)...)
	if err != nil {
		m.t.Fatalf("lovetest: log in as %s: %v", user, err)
	}
	c := m.Client(slices.Concat(opts, []client.Option{client.WithToken(login.Token)})...)
	connected := make(chan struct{}, 1)
	c.OnConnect(func(context.Context) error {
		select {
		case connected <- struct{}{}:
		default:
		}
		return nil
	})
	ended := m.background(c.Run)
	select {
	case <-connected:
	case err := <-ended:
		m.t.Fatalf("lovetest: connect as %s: %v", user, err)
	}
	return c
}

// Run runs producers until the test ends, with a connection of their own, which comes
// back when the manager does.
func (m *Manager) Run(producers ...producer.Producer) {
	m.t.Helper()
	c := producer.NewClient(m.Client(client.WithProcessPassword(m.Password)))
	for _, p := range producers {
		c.Add(p)
	}
	m.background(func(ctx context.Context) error {
		err := c.Run(ctx)
		if err != nil {
			m.t.Errorf("lovetest: running producers: %v", err)
		}
		return err
	})
}

// background runs f until the test ends.
func (m *Manager) background(f func(ctx context.Context) error) (ended <-chan error) {
	ctx, cancel := context.WithCancel(m.t.Context())
	var running sync.WaitGroup
	result := make(chan error, 1)
	running.Go(func() { result <- f(ctx) })
	m.t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return result
}

// Publish sends a data message to its subscribers, as if a producer had published
// it; see Run for a [producer.Base], which makes them. The inbox has it, too.
func (m *Manager) Publish(msg love.Message) {
	m.t.Helper()
	r := m.running()
	if err := r.server.Hub().Publish(r.ctx, msg); err != nil {
		m.t.Fatalf("lovetest: publish: %v", err)
	}
}

// Subscribe subscribes to groups as a screen does when a page is opened: the manager
// asks the producers for the events among them again. The inbox gets what the groups
// receive from now on, until the manager is killed.
func (m *Manager) Subscribe(groups ...string) *Inbox {
	m.t.Helper()
	return Subscribe(m.t, m.running().server.Hub(), groups...)
}

// receive adds what was published, but not what the manager publishes itself.
func (m *Manager) receive(d love.Delivery) {
	msg, err := d.Message()
	if err != nil || msg.Category == love.CategoryEvent && len(msg.Data) == 1 && msg.Data[0].CSC == "Hub" {
		return
	}
	m.add(msg, "")
}
