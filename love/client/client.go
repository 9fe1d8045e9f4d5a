package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/gobwas/ws"

	"github.com/rubin-love/love-go/internal/outage"
)

// Client is one connection to a manager, kept up by [Client.Run]. Its methods
// may be called from any goroutine.
type Client struct {
	cfg     config
	address address
	log     *slog.Logger
	away    *outage.Log // attempts to connect that failed, connections that were lost
	greet   sync.Once   // logs the first connection

	mu        sync.Mutex
	started   chan struct{} // closed by Run
	socket    *socket       // the present connection; nil without one
	connected chan struct{} // closed while there is a connection
	done      chan struct{} // closed when Run has ended
	runErr    error         // what Run returned; valid once done is closed

	subs         subscriptions
	onConnect    []func(ctx context.Context) error
	onDisconnect []func()
	onMessage    func(ctx context.Context, raw []byte)
	onSubscribed func(group string)
}

// New makes a client of the manager at a URL. With the scheme http or https it
// is the manager's site, with the path that it is served below, if any
// ("http://host:8000", "https://host/love"); with ws, wss or no scheme, as in
// WEBSOCKET_HOST, it is the websocket ("host/manager/ws/subscription"). New does
// not connect; [Client.Run] does. The error says what is wrong with the URL, or with
// options that contradict each other.
func New(managerURL string, opts ...Option) (*Client, error) {
	a, err := parseAddress(managerURL)
	if err != nil {
		return nil, err
	}
	cfg := newConfig(opts)
	if err := cfg.check(); err != nil {
		return nil, err
	}
	c := &Client{
		cfg:       cfg,
		address:   a,
		started:   make(chan struct{}),
		connected: make(chan struct{}),
		done:      make(chan struct{}),
	}
	c.log = c.cfg.logger.With("manager", a.socket.Host)
	c.away = outage.New(c.log, slog.LevelWarn, "no connection to the manager, trying again", "connected to the manager again")
	return c, nil
}

// OnConnect has f called on each new connection, after the groups of all
// iterators have been subscribed to again; several functions are called one
// after the other. The context of f ends with the connection. An error of f
// ends the connection and so leads to the next attempt. Call it before Run.
func (c *Client) OnConnect(f func(ctx context.Context) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onConnect = append(c.onConnect, f)
}

// OnDisconnect has f called when a connection is lost, before the next is made.
// f must be quick. Call it before Run.
func (c *Client) OnDisconnect(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onDisconnect = append(c.onDisconnect, f)
}

// OnMessage has f called with each message that belongs to no iterator: the
// initial_state requests to a producer, answers to actions. Calls are made one
// after the other, in order, and nothing else is read meanwhile. f may keep raw.
// Call it before Run.
func (c *Client) OnMessage(f func(ctx context.Context, raw []byte)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onMessage = f
}

// OnSubscribed has f called whenever the manager confirms the subscription to an
// iterator's group: from then on nothing of it is missed. It is called again
// after each reconnection. f gets the group's text and must be quick. Call it
// before Run.
func (c *Client) OnSubscribed(f func(group string)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onSubscribed = f
}

// Run connects, and reconnects whenever the connection is lost, until ctx ends;
// then it closes the connection gracefully and returns nil. It returns an error
// when another attempt is pointless: [ErrTokenInvalid], [ErrRefused] for a
// token, and with [WithoutRetry] any error. A client runs once.
func (c *Client) Run(ctx context.Context) error {
	c.mu.Lock()
	if c.isStarted() {
		c.mu.Unlock()
		return errors.New("client: Run was called before; make another Client")
	}
	close(c.started)
	c.mu.Unlock()

	err := c.keepConnected(ctx)
	c.mu.Lock()
	c.runErr = err
	c.mu.Unlock()
	close(c.done)
	return err
}

func (c *Client) isStarted() bool {
	select {
	case <-c.started:
		return true
	default:
		return false
	}
}

// awaitRun waits until Run has been called: in its own goroutine it may be called a
// little later than what needs it.
func (c *Client) awaitRun(ctx context.Context) error {
	if c.isStarted() {
		return nil
	}
	timer := time.NewTimer(runTimeout)
	defer timer.Stop()
	select {
	case <-c.started:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return ErrNotRunning
	}
}

func (c *Client) keepConnected(ctx context.Context) error {
	retry := backoff{min: c.cfg.retryMin, max: c.cfg.retryMax, attempts: 1}
	for {
		up, err := c.connectOnce(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if c.final(err) {
			return err
		}
		if !up.IsZero() {
			retry.succeeded(time.Since(up))
		}
		c.away.Failed(time.Now(), err)
		pause := retry.next()
		if errors.Is(err, ErrRefused) {
			pause = jitter(max(c.cfg.retryMax, refusedRetry))
		}
		if !sleep(ctx, pause) {
			return nil
		}
	}
}

// final reports whether another attempt is pointless, or not wanted.
func (c *Client) final(err error) bool {
	return c.cfg.once || errors.Is(err, ErrTokenInvalid) || errors.Is(err, ErrRefused) && c.cfg.token != ""
}

// sleep waits for d and reports true, or false if ctx ends before.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// connectOnce makes one connection and serves it until it ends. up is when it
// was made; zero if it was not.
func (c *Client) connectOnce(ctx context.Context) (up time.Time, err error) {
	s, err := open(ctx, &c.cfg, c.address)
	if err != nil {
		return up, err
	}
	up = time.Now()
	c.greet.Do(func() { c.log.Info("connected to the manager") })
	c.away.Succeeded(up)
	err = c.serve(ctx, s)
	var closed *CloseError
	if errors.As(err, &closed) && closed.Code == ws.StatusNormalClosure && c.cfg.token != "" {
		err = fmt.Errorf("%w (the manager closed the connection with code 1000)", ErrTokenInvalid)
	}
	return up, err
}

// serve reads from one connection until it ends, and owns its other goroutines.
func (c *Client) serve(ctx context.Context, s *socket) error {
	conn, cancel := context.WithCancelCause(ctx)
	var helpers sync.WaitGroup
	defer c.detach(s)
	defer helpers.Wait()
	defer s.conn.Close()
	defer cancel(nil)

	helpers.Go(func() { c.ping(conn, s) })
	helpers.Go(func() {
		<-conn.Done()
		if ctx.Err() != nil {
			s.closeGracefully()
		} else {
			s.conn.Close() // so that the reading ends as well
		}
	})
	helpers.Go(func() {
		if err := c.attach(conn, s); err != nil {
			cancel(fmt.Errorf("after connecting: %w", err))
		}
	})
	for {
		op, raw, err := s.read()
		if err != nil {
			if cause := context.Cause(conn); cause != nil {
				return cause
			}
			return fmt.Errorf("the connection to the manager was lost: %w", err)
		}
		c.dispatch(ctx, op, raw)
	}
}

// attach makes s the connection that is written to, subscribes to all groups
// again and calls the functions of OnConnect.
func (c *Client) attach(ctx context.Context, s *socket) error {
	c.mu.Lock()
	c.socket = s
	close(c.connected)
	requests := c.subs.requests() // an iterator that begins later sees c.socket
	c.mu.Unlock()

	for _, r := range requests {
		if err := s.write(ctx, ws.OpText, r.AppendJSON(nil)); err != nil {
			return err
		}
	}
	for _, f := range c.onConnect {
		if err := f(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) detach(s *socket) {
	c.mu.Lock()
	close(s.detached)
	if c.socket == s {
		c.socket = nil
		c.connected = make(chan struct{})
	}
	c.mu.Unlock()
	for _, f := range c.onDisconnect {
		f()
	}
}

// ping pings the manager until ctx ends.
func (c *Client) ping(ctx context.Context, s *socket) {
	ticker := time.NewTicker(c.cfg.pingInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if s.write(ctx, ws.OpPing, nil) != nil {
				return // the socket is closed, which ends the reading
			}
		case <-ctx.Done():
			return
		}
	}
}
