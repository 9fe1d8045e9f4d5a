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

// Durations of the parts of a script's process besides its work.
const (
	startingTime    = time.Second     // until its process writes something
	loadingTime     = 2 * time.Second // including startingTime
	configuringTime = time.Second
	endingTime      = time.Second
	scriptHeartbeat = 5 * time.Second
)

// script is a Script component: a process that a queue started. It advances and ends
// without commands.
type script struct {
	*sal.Controller
	actor
	domain  *sal.Domain
	log     *slog.Logger
	request request
	file    scriptFile

	// changed reports a new status to the queue.
	changed func(status)
	status  status
	reason  string
	group   string
	reached int // number of checkpoints
	last    string
	pause   *regexp.Regexp
	stop    *regexp.Regexp
	timer   love.Timer // for the next advance; does not run while it waits
	failure error
}

// request is a script that a queue was asked to run, and how.
type request struct {
	index     int
	command   int // number of the command, 0 if there was none
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

// status is the progress of a script; times are TAI, 0 before they come.
type status struct {
	process                                             enums.ScriptProcessState
	script                                              enums.ScriptState
	started, configureStarted, configured, running, end float64
}

func newScript(d *sal.Domain, r request, file scriptFile, changed func(status)) *script {
	return &script{actor: newActor(), domain: d, request: r, file: file, changed: changed, status: status{script: enums.ScriptUnknown}}
}

// run runs the script until it ends, or ctx does.
func (s *script) run(ctx context.Context) error {
	s.timer = s.domain.Clock().NewTimer(startingTime)
	defer func() { s.timer.Stop() }()
	s.status.process, s.status.started = enums.ProcessLoading, s.now()
	s.changed(s.status)
	if !s.start(ctx) {
		close(s.ended)
		return nil
	}
	s.advanceAfter(loadingTime - startingTime)
	if err := s.load(ctx); err != nil {
		close(s.ended)
		return errors.Join(err, s.closeController())
	}
	var commands sync.WaitGroup
	running, cancel := context.WithCancel(ctx)
	commands.Go(func() {
		if err := s.Controller.Run(running); err != nil {
			s.post(func() { s.failure = errors.Join(s.failure, err) })
		}
	})
	s.loop(ctx)
	close(s.ended)
	cancel()
	commands.Wait()
	return errors.Join(s.failure, s.closeController())
}

// start waits until readers know the script from the queue; before that, the script
// writes nothing. It returns false if the script was terminated meanwhile.
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
		"setGroupId":     func(_ context.Context, c *sal.Sample) error { s.group = c.Text("groupId"); s.writeState(); return nil },
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
		"classname": s.file.class, "description": s.file.description, "remotes": s.file.remotes,
		"help": s.file.description + " It is simulated.",
	})
	return records.Attach(ctx, controller)
}

// loop is the script's goroutine.
func (s *script) loop(ctx context.Context) {
	heartbeat := s.domain.Clock().NewTicker(scriptHeartbeat)
	defer heartbeat.Stop()
	for !s.status.process.Final() && s.failure == nil {
		select {
		case <-s.timer.C():
			s.advance()
		case <-heartbeat.C():
			s.write("evt_heartbeat", nil, sal.Force())
		case j := <-s.jobs:
			j.run()
		case <-ctx.Done():
			return
		}
	}
}

// advanceAfter makes the script advance after a time.
func (s *script) advanceAfter(d time.Duration) {
	s.timer.Stop()
	s.timer = s.domain.Clock().NewTimer(d)
}

// advance takes the next step of a script that does not wait for a command.
func (s *script) advance() {
	switch s.status.script {
	case enums.ScriptUnknown:
		s.status.configureStarted = s.now()
		s.setState(enums.ScriptUnconfigured, "")
		s.advanceAfter(configuringTime)
	case enums.ScriptUnconfigured:
		s.configure()
	case enums.ScriptRunning:
		s.reachCheckpoint()
	case enums.ScriptEnding:
		s.finish(enums.ScriptDone)
	case enums.ScriptStopping:
		s.finish(enums.ScriptStopped)
	case enums.ScriptFailing:
		s.finish(enums.ScriptFailed)
	}
}

func (s *script) configure() {
	file, err := s.file.configured(s.request.config)
	if err == nil {
		err = s.setCheckpoints(s.request.pause, s.request.stop)
	}
	s.status.configured = s.now()
	if err != nil {
		s.log.Error("configuring failed: " + err.Error())
		s.status.process, s.status.end = enums.ProcessConfigureFailed, s.now()
		s.setState(enums.ScriptConfigureFailed, err.Error())
		return
	}
	s.file = file
	s.write("evt_metadata", sal.Values{
		"duration": file.duration.Seconds(), "totalCheckpoints": len(file.checkpoints), "coordinateSystem": 1, "rotationSystem": 1, "dome": 3,
	})
	s.log.Info("configured")
	s.status.process = enums.ProcessConfigured
	s.setState(enums.ScriptConfigured, "")
}

// begin runs a configured script.
func (s *script) begin() error {
	if s.status.script != enums.ScriptConfigured {
		return fmt.Errorf("run is not allowed in state %v", s.status.script)
	}
	s.status.process, s.status.running = enums.ProcessRunning, s.now()
	s.setState(enums.ScriptRunning, "")
	s.advanceAfter(s.legDuration())
	return nil
}

// legDuration returns the time from one checkpoint to the next.
func (s *script) legDuration() time.Duration {
	return s.file.duration / time.Duration(len(s.file.checkpoints))
}

// reachCheckpoint reaches the next checkpoint, where the script may pause or stop.
func (s *script) reachCheckpoint() {
	if s.reached == len(s.file.checkpoints) {
		s.beginEnd(enums.ScriptEnding, "")
		return
	}
	s.last = s.file.checkpoints[s.reached]
	s.reached++
	s.log.Info("checkpoint " + s.last)
	switch {
	case s.last == s.file.failsAt:
		s.log.Error("failed at checkpoint " + s.last)
		s.beginEnd(enums.ScriptFailing, "failed at checkpoint "+s.last)
	case matches(s.stop, s.last):
		s.beginEnd(enums.ScriptStopping, "stopped at checkpoint "+s.last)
	case matches(s.pause, s.last):
		s.setState(enums.ScriptPaused, "")
	default:
		s.writeState()
		s.advanceAfter(s.legDuration())
	}
}

// beginEnd begins the end of the script.
func (s *script) beginEnd(state enums.ScriptState, reason string) {
	s.setState(state, reason)
	s.advanceAfter(endingTime)
}

func (s *script) finish(state enums.ScriptState) {
	s.status.process, s.status.end = enums.ProcessDone, s.now()
	s.setState(state, s.reason)
}

func (s *script) resume() error {
	if s.status.script != enums.ScriptPaused {
		return fmt.Errorf("resume is not allowed in state %v", s.status.script)
	}
	s.setState(enums.ScriptRunning, "")
	s.advanceAfter(s.legDuration())
	return nil
}

// halt stops the script; one that is ending already is left alone.
func (s *script) halt() error {
	switch s.status.script {
	case enums.ScriptRunning, enums.ScriptPaused:
		s.beginEnd(enums.ScriptStopping, "stopped by command")
		return nil
	case enums.ScriptEnding, enums.ScriptStopping, enums.ScriptFailing:
		return nil
	}
	s.terminate()
	return nil
}

// terminate ends the process immediately.
func (s *script) terminate() {
	s.status.process, s.status.end = enums.ProcessTerminated, s.now()
	s.setState(s.status.script, "terminated")
}

// setCheckpoints sets the patterns of checkpoints at which to pause and to stop; an
// empty text matches none.
func (s *script) setCheckpoints(pause, stop string) error {
	var compiled [2]*regexp.Regexp
	for i, pattern := range [...]string{pause, stop} {
		if pattern == "" {
			continue
		}
		re, err := regexp.Compile("^(?:" + pattern + ")$")
		if err != nil {
			return fmt.Errorf("checkpoint %q is not a regular expression", pattern)
		}
		compiled[i] = re
	}
	s.pause, s.stop = compiled[0], compiled[1]
	s.write("evt_checkpoints", sal.Values{"pause": pause, "stop": stop})
	return nil
}

func matches(re *regexp.Regexp, text string) bool { return re != nil && re.MatchString(text) }

// setState changes the state and reports it on the bus and to the queue.
func (s *script) setState(state enums.ScriptState, reason string) {
	s.status.script, s.reason = state, reason
	s.writeState()
	s.changed(s.status)
}

func (s *script) writeState() {
	s.write("evt_state", sal.Values{
		"state": s.status.script, "reason": s.reason, "groupId": s.group, "lastCheckpoint": s.last, "numCheckpoints": s.reached,
		"blockId": s.request.block, "executionId": s.request.execution,
	})
}

func (s *script) now() float64 { return love.TAI(s.domain.Clock().Now()) }

// write writes a topic. An error is recorded and ends the script. A script that is
// still starting has no controller, and writes nothing.
func (s *script) write(attr string, values sal.Values, opts ...sal.WriteOption) {
	if s.Controller == nil {
		return
	}
	if _, err := s.Write(context.Background(), attr, values, opts...); err != nil {
		s.failure = errors.Join(s.failure, err)
	}
}
