package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/enums"
	"github.com/rubin-love/love-go/love/sal/sallog"
)

// How long scripts take for what is not their work.
const (
	startingTime    = time.Second     // until its process says something
	loadingTime     = 2 * time.Second // with the start
	configuringTime = time.Second
	endingTime      = time.Second
	scriptHeartbeat = 5 * time.Second
)

// script is a Script component: a process that a queue started. It advances by
// itself and ends by itself.
type script struct {
	*sal.Controller
	actor
	domain  *sal.Domain
	log     *slog.Logger
	request request
	recipe  recipe

	// changed tells the queue how far it is.
	changed func(status)
	status  status
	reason  string
	group   string
	at      int // checkpoints reached
	last    string
	pause   *regexp.Regexp
	stop    *regexp.Regexp
	timer   love.Timer // for the next advance; does not run while it waits
	failure error
}

// request is what somebody asked a queue to run.
type request struct {
	index     int
	command   int // number of the command, 0 if nobody commanded it
	standard  bool
	path      string
	config    string
	pause     string
	stop      string
	logLevel  int
	block     string
	blockSize int
	execution string
}

// status is how far a script is; times are TAI, 0 if not yet.
type status struct {
	process                                             enums.ScriptProcessState
	script                                              enums.ScriptState
	started, configureStarted, configured, running, end float64
}

func newScript(d *sal.Domain, r request, of recipe, changed func(status)) *script {
	return &script{actor: newActor(), domain: d, request: r, recipe: of, changed: changed, status: status{script: enums.ScriptUnknown}}
}

// run is the script's life; it ends when the script does, or with ctx.
func (s *script) run(ctx context.Context) error {
	s.timer = s.domain.Clock().NewTimer(startingTime)
	defer func() { s.timer.Stop() }()
	s.status.process, s.status.started = enums.ProcessLoading, s.now()
	s.changed(s.status)
	if !s.start(ctx) {
		close(s.ended)
		return nil
	}
	s.after(loadingTime - startingTime)
	if err := s.load(ctx); err != nil {
		close(s.ended)
		return errors.Join(err, s.closeController())
	}
	var answering sync.WaitGroup
	running, cancel := context.WithCancel(ctx)
	answering.Go(func() {
		if err := s.Controller.Run(running); err != nil {
			s.post(func() { s.failure = errors.Join(s.failure, err) })
		}
	})
	s.live(ctx)
	close(s.ended)
	cancel()
	answering.Wait()
	return errors.Join(s.failure, s.closeController())
}

// start waits until everybody has heard of the script from the queue; before, it
// says nothing itself. It returns false if the script was ended meanwhile.
func (s *script) start(ctx context.Context) bool {
	for !s.status.process.Final() {
		select {
		case <-s.timer.C():
			return true
		case j := <-s.jobs:
			j.run()
		case <-ctx.Done():
			return false
		}
	}
	return false
}

func (s *script) closeController() error {
	if s.Controller == nil {
		return nil
	}
	return s.Controller.Close()
}

// load makes the controller.
func (s *script) load(ctx context.Context) error {
	controller, err := s.domain.Controller(ctx, "Script", s.request.index)
	if err != nil {
		return err
	}
	s.Controller = controller
	for name, do := range map[string]command{
		"configure":      func(context.Context, *sal.Sample) error { return errors.New("the queue configures the script") },
		"run":            func(context.Context, *sal.Sample) error { return s.begin() },
		"resume":         func(context.Context, *sal.Sample) error { return s.resume() },
		"stop":           func(context.Context, *sal.Sample) error { return s.halt() },
		"setCheckpoints": func(_ context.Context, c *sal.Sample) error { return s.setCheckpoints(c.Text("pause"), c.Text("stop")) },
		"setGroupId":     func(_ context.Context, c *sal.Sample) error { s.group = c.Text("groupId"); s.tell(); return nil },
		"setLogLevel": func(_ context.Context, c *sal.Sample) error {
			s.write("evt_logLevel", sal.Values{"level": c.Int("level"), "subsystem": c.Text("subsystem")})
			return nil
		},
	} {
		if err := s.Handle(name, s.handler(do)); err != nil {
			return err
		}
	}
	records := sallog.New(nil)
	s.log = slog.New(records)
	s.write("evt_description", sal.Values{
		"classname": s.recipe.class, "description": s.recipe.description, "remotes": s.recipe.remotes,
		"help": s.recipe.description + " It is simulated.",
	})
	return records.Attach(ctx, controller)
}

// live is the script's goroutine.
func (s *script) live(ctx context.Context) {
	heart := s.domain.Clock().NewTicker(scriptHeartbeat)
	defer heart.Stop()
	for !s.status.process.Final() && s.failure == nil {
		select {
		case <-s.timer.C():
			s.advance()
		case <-heart.C():
			s.write("evt_heartbeat", nil, sal.Force())
		case j := <-s.jobs:
			j.run()
		case <-ctx.Done():
			return
		}
	}
}

// after has the script advance after a time.
func (s *script) after(d time.Duration) {
	s.timer.Stop()
	s.timer = s.domain.Clock().NewTimer(d)
}

// advance takes the next step of a script that does not wait for anybody.
func (s *script) advance() {
	switch s.status.script {
	case enums.ScriptUnknown:
		s.status.configureStarted = s.now()
		s.become(enums.ScriptUnconfigured, "")
		s.after(configuringTime)
	case enums.ScriptUnconfigured:
		s.configure()
	case enums.ScriptRunning:
		s.reach()
	case enums.ScriptEnding:
		s.finish(enums.ScriptDone)
	case enums.ScriptStopping:
		s.finish(enums.ScriptStopped)
	case enums.ScriptFailing:
		s.finish(enums.ScriptFailed)
	}
}

func (s *script) configure() {
	of, err := s.recipe.configured(s.request.config)
	if err == nil {
		err = s.setCheckpoints(s.request.pause, s.request.stop)
	}
	s.status.configured = s.now()
	if err != nil {
		s.log.Error("configuring failed: " + err.Error())
		s.status.process, s.status.end = enums.ProcessConfigureFailed, s.now()
		s.become(enums.ScriptConfigureFailed, err.Error())
		return
	}
	s.recipe = of
	s.write("evt_metadata", sal.Values{
		"duration": of.duration.Seconds(), "totalCheckpoints": len(of.checkpoints), "coordinateSystem": 1, "rotationSystem": 1, "dome": 3,
	})
	s.log.Info("configured")
	s.status.process = enums.ProcessConfigured
	s.become(enums.ScriptConfigured, "")
}

// begin runs a configured script.
func (s *script) begin() error {
	if s.status.script != enums.ScriptConfigured {
		return fmt.Errorf("run is not allowed in state %v", s.status.script)
	}
	s.status.process, s.status.running = enums.ProcessRunning, s.now()
	s.become(enums.ScriptRunning, "")
	s.after(s.leg())
	return nil
}

// leg is the time from one checkpoint to the next.
func (s *script) leg() time.Duration {
	return s.recipe.duration / time.Duration(len(s.recipe.checkpoints))
}

// reach comes to the next checkpoint, where it may be made to wait or to stop.
func (s *script) reach() {
	if s.at == len(s.recipe.checkpoints) {
		s.turn(enums.ScriptEnding, "")
		return
	}
	s.last = s.recipe.checkpoints[s.at]
	s.at++
	s.log.Info("checkpoint " + s.last)
	switch {
	case s.last == s.recipe.failsAt:
		s.log.Error("failed at checkpoint " + s.last)
		s.turn(enums.ScriptFailing, "failed at checkpoint "+s.last)
	case matches(s.stop, s.last):
		s.turn(enums.ScriptStopping, "stopped at checkpoint "+s.last)
	case matches(s.pause, s.last):
		s.become(enums.ScriptPaused, "")
	default:
		s.tell()
		s.after(s.leg())
	}
}

// turn begins the end.
func (s *script) turn(state enums.ScriptState, reason string) {
	s.become(state, reason)
	s.after(endingTime)
}

func (s *script) finish(state enums.ScriptState) {
	s.status.process, s.status.end = enums.ProcessDone, s.now()
	s.become(state, s.reason)
}

func (s *script) resume() error {
	if s.status.script != enums.ScriptPaused {
		return fmt.Errorf("resume is not allowed in state %v", s.status.script)
	}
	s.become(enums.ScriptRunning, "")
	s.after(s.leg())
	return nil
}

// halt stops the script; one that ends anyway goes on doing so.
func (s *script) halt() error {
	switch s.status.script {
	case enums.ScriptRunning, enums.ScriptPaused:
		s.turn(enums.ScriptStopping, "stopped by command")
		return nil
	case enums.ScriptEnding, enums.ScriptStopping, enums.ScriptFailing:
		return nil
	}
	s.terminate()
	return nil
}

// terminate ends the process at once.
func (s *script) terminate() {
	s.status.process, s.status.end = enums.ProcessTerminated, s.now()
	s.become(s.status.script, "terminated")
}

// setCheckpoints says where to pause and where to stop; an empty text is
// nowhere.
func (s *script) setCheckpoints(pause, stop string) error {
	var compiled [2]*regexp.Regexp
	for i, pattern := range [...]string{pause, stop} {
		if pattern == "" {
			continue
		}
		re, err := regexp.Compile("^(?:" + pattern + ")$")
		if err != nil {
			return fmt.Errorf("checkpoint %q is no regular expression", pattern)
		}
		compiled[i] = re
	}
	s.pause, s.stop = compiled[0], compiled[1]
	s.write("evt_checkpoints", sal.Values{"pause": pause, "stop": stop})
	return nil
}

func matches(re *regexp.Regexp, text string) bool { return re != nil && re.MatchString(text) }

// become changes the state and tells so, on the bus and to the queue.
func (s *script) become(state enums.ScriptState, reason string) {
	s.status.script, s.reason = state, reason
	s.tell()
	s.changed(s.status)
}

func (s *script) tell() {
	s.write("evt_state", sal.Values{
		"state": s.status.script, "reason": s.reason, "groupId": s.group, "lastCheckpoint": s.last, "numCheckpoints": s.at,
		"blockId": s.request.block, "executionId": s.request.execution,
	})
}

func (s *script) now() float64 { return love.TAI(s.domain.Clock().Now()) }

// write writes a topic; what fails is noted and ends the script. A script that
// is still starting has no controller, and writes nothing.
func (s *script) write(attr string, values sal.Values, opts ...sal.WriteOption) {
	if s.Controller == nil {
		return
	}
	if _, err := s.Write(context.Background(), attr, values, opts...); err != nil {
		s.failure = errors.Join(s.failure, err)
	}
}
