package external

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/manager"
)

// The defaults of a [Config].
const (
	DefaultTimeout          = 30 * time.Second
	DefaultQueryTimeout     = time.Minute
	DefaultTelescopeTimeout = 10 * time.Minute
	DefaultNightlyDigest    = "https://usdf-rsp.slac.stanford.edu/nightlydigest"
	DefaultEFDInstance      = "summit_efd"
)

// The largest bodies that are accepted, in bytes: with files, and without.
const (
	maxUpload = 32 << 20
	maxBody   = 1 << 20
)

// maxRelayed is how many requests of a kind may wait for the commander at once, so
// that none of them takes the place of commands.
const maxRelayed = 256

// Config says where the services are. Each is optional: what needs a missing one is
// answered 503.
type Config struct {
	// Commander is the base URL of a LOVE-commander, "http://commander:5000". It
	// answers efd/, reports/ and tcs/, and keeps files. Default: none.
	Commander string
	// EFD answers the paths /efd/… in this process, as a LOVE-commander does
	// (docs/protocol/commander.md#efd). Default: the Commander.
	EFD http.Handler
	// Logs is the host of exposure log, narrative log and night report, "love.example",
	// or a base URL. Default: none.
	Logs string
	// Jira makes and lists the tickets of faults. Default: none.
	Jira Jira
	// Mailer sends night reports. [SMTP] is one. Default: none.
	Mailer Mailer
	// ReportTo is the mail address that night reports are sent to. Default: none.
	ReportTo string
	// EFDInstance is the EFD that a night report asks for the state of the
	// observatory. Default: [DefaultEFDInstance].
	EFDInstance string
	// NightlyDigest is the address of the pages that night reports link to. Default:
	// [DefaultNightlyDigest].
	NightlyDigest string
	// Host is the second half of the identity "user@host" that log messages have.
	// Default: the host that the client asked.
	Host string

	// Timeout limits a request to exposure log, narrative log, night report, Jira, or
	// for keeping a file. Default: [DefaultTimeout].
	Timeout time.Duration
	// QueryTimeout limits a query to the EFD, or a report. Default: [DefaultQueryTimeout].
	QueryTimeout time.Duration
	// TelescopeTimeout limits a command of telescope control, which may slew a
	// telescope. Default: [DefaultTelescopeTimeout].
	TelescopeTimeout time.Duration

	// Clock gives the time. Default: the system's.
	Clock love.Clock
	// Logger gets the failures of services. Default: nothing is logged.
	Logger *slog.Logger
}

// Services are the services outside of LOVE. They are safe for concurrent use.
type Services struct {
	config Config
	// queries and telescopes are nil if there is no commander for them.
	queries, telescopes, efd *commanderhttp.Client
	http                     *http.Client
	logs                     *service // nil: none
	jira                     *service // nil: none
	files                    *service // nil: none
	reports                  chan struct{}
}

// New returns the services that c names. It connects to none of them. The error says
// which setting is wrong.
func New(c Config) (*Services, error) {
	c.Timeout = cmp.Or(c.Timeout, DefaultTimeout)
	c.QueryTimeout = cmp.Or(c.QueryTimeout, DefaultQueryTimeout)
	c.TelescopeTimeout = cmp.Or(c.TelescopeTimeout, DefaultTelescopeTimeout)
	c.NightlyDigest = cmp.Or(c.NightlyDigest, DefaultNightlyDigest)
	c.EFDInstance = cmp.Or(c.EFDInstance, DefaultEFDInstance)
	if c.Clock == nil {
		c.Clock = love.SystemClock{}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Services{config: c, http: newHTTPClient(), reports: make(chan struct{}, 1)}
	return s, errors.Join(s.connectCommander(), s.connectServices())
}

func (s *Services) connectCommander() (err error) {
	c := &s.config
	limit := commanderhttp.WithMaxRequests(maxRelayed)
	if c.Commander != "" {
		if s.queries, err = commanderhttp.New(c.Commander, limit); err != nil {
			return err
		}
		if s.telescopes, err = commanderhttp.New(c.Commander, limit); err != nil {
			return err
		}
		if s.files, err = s.newService("the commander", c.Commander, "http"); err != nil {
			return err
		}
	}
	s.efd = s.queries
	if c.EFD != nil {
		s.efd, err = commanderhttp.New("http://this-process", limit, commanderhttp.WithTransport(handlerTransport{c.EFD}))
	}
	return err
}

func (s *Services) connectServices() (err error) {
	c := &s.config
	if c.Logs != "" {
		if s.logs, err = s.newService("the log service", c.Logs, "http"); err != nil {
			return fmt.Errorf("the log services: %w", err)
		}
	}
	if c.Jira.Host != "" {
		if s.jira, err = s.newService("Jira", c.Jira.Host, "https"); err != nil {
			return fmt.Errorf("Jira: %w", err)
		}
		s.jira.authorization = "Basic " + c.Jira.Token
	}
	return nil
}

// Close closes the idle connections.
func (s *Services) Close() {
	s.http.CloseIdleConnections()
	for _, c := range []*commanderhttp.Client{s.queries, s.telescopes} {
		if c != nil {
			c.Close()
		}
	}
}

// Routes are the paths of docs/protocol/manager.md#external-services, for
// [manager.Config] or server.Config.
func (s *Services) Routes() []manager.Route {
	routes := []manager.Route{
		{Path: "/manager/redirect/dashboards/:site/M1M3_Actuator_Forces", Public: true, Methods: methods{"GET": {Handler: s.handler(s.actuatorDashboard)}}},
		s.route("/jira/report/:project/", maxBody, actions{"GET": s.jiraReport}),

		s.route("/ole/exposurelog/exposures", maxBody, actions{"GET": s.relayLogs("exposurelog/exposures")}),
		s.route("/ole/exposurelog/instruments", maxBody, actions{"GET": s.relayLogs("exposurelog/instruments")}),
		s.route("/ole/nightreport/reports/", maxBody, actions{"GET": s.relayLogs("nightreport/reports"), "POST": s.addReport}),
		s.route("/ole/nightreport/reports/:id/", maxBody, actions{"GET": s.relayEntry(nightReports), "PUT": s.editReport, "DELETE": s.deleteEntry(nightReports)}),
		s.route("/ole/nightreport/send/:id/", maxBody, actions{"POST": s.sendReport}),
	}
	for _, l := range []messageLog{exposureLog, narrativeLog} {
		routes = append(routes,
			s.route("/ole/"+l.path+"/", maxUpload, actions{"GET": s.relayLogs(l.path), "POST": s.addMessage(l)}),
			s.route("/ole/"+l.path+"/:id/", maxUpload, actions{"GET": s.relayEntry(l.path), "PUT": s.editMessage(l), "DELETE": s.deleteEntry(l.path)}))
	}
	return append(routes, s.commanderRoutes()...)
}

func (s *Services) commanderRoutes() []manager.Route {
	c := &s.config
	query := relay{client: s.queries, timeout: c.QueryTimeout}
	efd := relay{client: s.efd, timeout: c.QueryTimeout}
	telescope := relay{client: s.telescopes, timeout: c.TelescopeTimeout, commands: true}
	command := func(path string) manager.Route {
		return manager.Route{Path: "/manager/api" + path, Methods: methods{
			"POST": {Needs: auth.ExecuteCommand, Handler: s.handler(s.relayCommander(telescope, path))},
		}}
	}
	get := func(r relay, path string) manager.Route {
		return s.route(path, maxBody, actions{"GET": s.relayCommander(r, path)})
	}
	post := func(r relay, path string) manager.Route {
		return s.route(path, maxBody, actions{"POST": s.relayCommander(r, path)})
	}
	return []manager.Route{
		get(efd, "/efd/efd_clients"), post(efd, "/efd/timeseries"), post(efd, "/efd/top_timeseries"), post(efd, "/efd/logmessages"),
		post(query, "/reports/m1m3-bump-tests"),
		command("/tcs/aux"), command("/tcs/main"), get(query, "/tcs/aux/docstrings"), get(query, "/tcs/main/docstrings"),
	}
}

type methods = map[string]manager.Method

// actions answer the methods of a path.
type actions map[string]action

// route is a path below the API that takes any log-in.
func (s *Services) route(path string, maxBody int64, of actions) manager.Route {
	r := manager.Route{Path: "/manager/api" + path, MaxBody: maxBody, Methods: methods{}}
	for method, do := range of {
		r.Methods[method] = manager.Method{Handler: s.handler(do)}
	}
	return r
}
