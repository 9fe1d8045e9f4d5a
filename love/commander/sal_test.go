package commander_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

var (
	_ commander.Commander   = (*commander.SAL)(nil)
	_ commander.Informer    = (*commander.SAL)(nil)
	_ commander.Heartbeater = (*commander.SAL)(nil)
	_ commander.Checker     = (*commander.SAL)(nil)
)

// interfaces are two components: Lamp without, Hexapod with instances.
func interfaces(t testing.TB) *sal.Definitions {
	defs, err := sal.Define(
		&sal.Component{Name: "Lamp", Topics: []*sal.Topic{
			{Kind: sal.Command, Name: "switchOn", Fields: []sal.Field{
				{Name: "power", Type: sal.Float, Units: "W", Description: "How bright."},
				{Name: "serial", Type: sal.LongLong},
				{Name: "pattern", Type: sal.Boolean, Count: 3},
				{Name: "colour", Type: sal.Short, Choices: []sal.Choice{{Name: "Red", Number: 1}, {Name: "Blue", Number: 2}}},
			}},
			{Kind: sal.Command, Name: "switchOff"},
			{Kind: sal.Event, Name: "burning"},
			{Kind: sal.Telemetry, Name: "light"},
		}},
		&sal.Component{Name: "Hexapod", Indexed: true, Topics: []*sal.Topic{{Kind: sal.Command, Name: "move"}}},
		&sal.Component{Name: "Stone", Topics: []*sal.Topic{{Kind: sal.Event, Name: "rolled"}}},
	)
	require.NoError(t, err)
	return defs
}

// bench is a commander and a Lamp whose commands the test answers.
type bench struct {
	*commander.SAL
	domain *sal.Domain
	seen   chan *sal.Sample
}

func onBench(t *testing.T, handle func(ctx context.Context, c *sal.Controller, s *sal.Sample) error, body func(*testing.T, bench)) {
	synctest.Test(t, func(t *testing.T) {
		d := sal.NewDomain(sim.NewBus(), interfaces(t), sal.WithIdentity("LOVE"))
		b := bench{commander.NewSAL(d), d, make(chan *sal.Sample, 100)}
		c, err := d.Controller(t.Context(), "Lamp", 0)
		require.NoError(t, err)
		for _, name := range []string{"switchOn", "switchOff"} {
			require.NoError(t, c.Handle(name, func(ctx context.Context, s *sal.Sample) error {
				b.seen <- s
				return handle(ctx, c, s)
			}))
		}
		var running sync.WaitGroup
		running.Go(func() { _ = c.Run(context.Background()) })
		body(t, b)
		require.NoError(t, d.Close())
		running.Wait()
	})
}

// done is the answer to a command that a component has completed.
const done = `{"ack":"Done","code":303}`

func accept(context.Context, *sal.Controller, *sal.Sample) error { return nil }

func request(csc string, index int, cmd, params string) commander.Request {
	return commander.Request{
		Body:     json.RawMessage(fmt.Sprintf(`{"csc":%q,"salindex":%d,"cmd":%q,"params":%s}`, csc, index, cmd, params)),
		Identity: "ana@host",
	}
}

func TestCommandReachesTheComponentAsWritten(t *testing.T) {
	onBench(t, accept, func(t *testing.T, b bench) {
		r, err := b.Execute(t.Context(), request("Lamp", 0, "cmd_switchOn", `{"power":1.5,"serial":9007199254740993,"pattern":[true,false,true]}`))
		require.NoError(t, err)
		require.Equal(t, 200, r.Status)
		require.JSONEq(t, done, string(r.Body))
		s := <-b.seen
		require.Equal(t, 1.5, s.Float("power"))
		require.EqualValues(t, 9007199254740993, s.Int("serial"))
		require.Equal(t, []bool{true, false, true}, s.Value("pattern"))
		require.Equal(t, "ana@host", s.Identity())
	})
}

func TestIdentityBelongsToOneCommandAlone(t *testing.T) {
	onBench(t, func(ctx context.Context, c *sal.Controller, s *sal.Sample) error {
		if s.Topic().Name == "switchOn" {
			time.Sleep(5 * time.Second)
		}
		return nil
	}, func(t *testing.T, b bench) {
		var first sync.WaitGroup
		first.Go(func() {
			r, err := b.Execute(t.Context(), request("Lamp", 0, "cmd_switchOn", `{}`))
			require.NoError(t, err)
			require.JSONEq(t, done, string(r.Body))
		})
		synctest.Wait()
		other := request("Lamp", 0, "cmd_switchOff", `{}`)
		other.Identity = "ben@host"
		r, err := b.Execute(t.Context(), other)
		require.NoError(t, err)
		require.JSONEq(t, done, string(r.Body))
		first.Wait()
		require.Equal(t, "ana@host", (<-b.seen).Identity())
		require.Equal(t, "ben@host", (<-b.seen).Identity())
	})
}

func TestAnswersOfTheComponentBecomeReplies(t *testing.T) {
	for name, c := range map[string]struct {
		handle func(ctx context.Context, c *sal.Controller, s *sal.Sample) error
		status int
		body   string
	}{
		"a refusal is its text":         {fails("no power"), 200, `{"ack":"Failed: no power","code":-302,"error":1}`},
		"another text is passed on":     {answers(sal.Ack{Code: sal.Complete, Result: "warming up"}), 200, `{"ack":"warming up","code":303}`},
		"success without text is Done":  {answers(sal.Ack{Code: sal.Complete}), 200, done},
		"failure is never taken for it": {answers(sal.Ack{Code: sal.NoPermission, Result: "Done"}), 200, `{"ack":"CMD_NOPERM (-300): Done","code":-300}`},
		"silence is a time-out":         {sleeps(time.Minute), 504, `{"ack":"Command time out. No ack received from component."}`},
		"progress then silence tells the last ack": {
			progress(time.Second, time.Minute), 504, `{"ack":"Command time out. Last ack received CMD_INPROGRESS (301).","code":301}`,
		},
		"progress extends the time": {progress(30*time.Second, 35*time.Second), 200, done},
	} {
		t.Run(name, func(t *testing.T) {
			onBench(t, c.handle, func(t *testing.T, b bench) {
				r, err := b.Execute(t.Context(), request("Lamp", 0, "cmd_switchOff", `{}`))
				require.NoError(t, err)
				require.Equal(t, c.status, r.Status)
				require.JSONEq(t, c.body, string(r.Body))
			})
		})
	}
}

type (
	controller = sal.Controller
	sample     = sal.Sample
)

type handler = func(ctx context.Context, c *sal.Controller, s *sal.Sample) error

func fails(text string) handler {
	return func(context.Context, *sal.Controller, *sal.Sample) error { return errors.New(text) }
}

func answers(a sal.Ack) handler {
	return func(context.Context, *sal.Controller, *sal.Sample) error { return sal.Answer(a) }
}

func sleeps(d time.Duration) handler {
	return func(ctx context.Context, _ *sal.Controller, _ *sal.Sample) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func progress(estimate, takes time.Duration) handler {
	return func(ctx context.Context, c *sal.Controller, s *sal.Sample) error {
		if err := c.Progress(ctx, s, estimate); err != nil {
			return err
		}
		return sleeps(takes)(ctx, c, s)
	}
}

func TestMistakesAreNamedTogetherWithWhatIsAccepted(t *testing.T) {
	for _, c := range []struct {
		name, body, ack string
	}{
		{"unknown component, near", `{"csc":"Lmap","salindex":0,"cmd":"cmd_switchOn","params":{}}`, `there is no component "Lmap"; did you mean Lamp?`},
		{"unknown component", `{"csc":"Telescope","salindex":0,"cmd":"cmd_switchOn","params":{}}`, `there is no component "Telescope"; there are Lamp, Hexapod, Stone`},
		{"unknown command, near", `{"csc":"Lamp","salindex":0,"cmd":"cmd_switchon","params":{}}`, `Lamp has no command "cmd_switchon"; did you mean cmd_switchOn or cmd_switchOff?`},
		{"unknown command", `{"csc":"Lamp","salindex":0,"cmd":"cmd_explode","params":{}}`, `Lamp has no command "cmd_explode"; its commands are cmd_switchOff, cmd_switchOn`},
		{"no commands at all", `{"csc":"Stone","salindex":0,"cmd":"cmd_roll","params":{}}`, `Stone has no commands`},
		{"an event is no command", `{"csc":"Lamp","salindex":0,"cmd":"evt_burning","params":{}}`, `Lamp has no command "evt_burning"; its commands are cmd_switchOff, cmd_switchOn`},
		{"unknown parameter", `{"csc":"Lamp","salindex":0,"cmd":"cmd_switchOn","params":{"size":1}}`, `Lamp cmd_switchOn has no field size; its fields are power, serial, pattern, colour`},
		{"wrong type", `{"csc":"Lamp","salindex":0,"cmd":"cmd_switchOn","params":{"power":"much"}}`, `Lamp cmd_switchOn, field power: takes a number (float), not "much"`},
		{"a list that is too long", `{"csc":"Lamp","salindex":0,"cmd":"cmd_switchOn","params":{"pattern":[true,false,true,true]}}`, `Lamp cmd_switchOn, field pattern: takes a list of 3, not of 4`},
		{"a wrong element", `{"csc":"Lamp","salindex":0,"cmd":"cmd_switchOn","params":{"pattern":[true,"x"]}}`, `Lamp cmd_switchOn, field pattern: element 1 takes true or false, not "x"`},
		{"no list", `{"csc":"Lamp","salindex":0,"cmd":"cmd_switchOn","params":{"pattern":true}}`, `Lamp cmd_switchOn, field pattern: takes a list of 3 numbers (boolean), not true`},
		{"a fraction", `{"csc":"Lamp","salindex":0,"cmd":"cmd_switchOn","params":{"serial":1.5}}`, `Lamp cmd_switchOn, field serial: takes a whole number from -9223372036854775808 to 9223372036854775807 (long long), not 1.5`},
		{"out of the enumeration", `{"csc":"Lamp","salindex":0,"cmd":"cmd_switchOn","params":{"colour":7}}`, `Lamp cmd_switchOn, field colour: takes 1 (Red), 2 (Blue), not 7`},
		{"private parameter", `{"csc":"Lamp","salindex":0,"cmd":"cmd_switchOn","params":{"private_seqNum":1}}`, `Lamp cmd_switchOn, field private_seqNum: is filled in when the sample is written, it cannot be given`},
		{"index without instances", `{"csc":"Lamp","salindex":1,"cmd":"cmd_switchOn","params":{}}`, `wrong index: Lamp has no instances, its index is 0, not 1`},
		{"parameters that are a list", `{"csc":"Lamp","salindex":0,"cmd":"cmd_switchOn","params":[]}`, `"params" must be an object with the parameters of the command by name, {} for none`},
		{"a member twice", `{"csc":"Lamp","salindex":0,"cmd":"cmd_switchOn","params":{},"csc":"Stone"}`, `reading the command: "csc" is there twice`},
		{"a member in another case", `{"CSC":"Lamp","salindex":0,"cmd":"cmd_switchOn","params":{}}`, `reading the command: the key "CSC" is not a command's: write "csc"`},
		{"an index that is a text", `{"csc":"Lamp","salindex":"0","cmd":"cmd_switchOn","params":{}}`, `reading the command: "salindex" cannot be "0": csc and cmd are texts, salindex is a whole number`},
		{"a list", `[]`, `reading the command: "csc" is missing; a command has "csc", "salindex", "cmd" and "params"`},
		{"half", `{"csc":`, `reading the command: it is no JSON object`},
		{"missing member", `{"csc":"Lamp","salindex":0,"params":{}}`, `reading the command: "cmd" is missing; a command has "csc", "salindex", "cmd" and "params"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			onBench(t, accept, func(t *testing.T, b bench) {
				r, err := b.Execute(t.Context(), commander.Request{Body: json.RawMessage(c.body)})
				require.NoError(t, err)
				require.Equal(t, 400, r.Status)
				var ack struct{ Ack string }
				require.NoError(t, json.Unmarshal(r.Body, &ack))
				require.Equal(t, c.ack, ack.Ack)
				dry, err := b.Check(t.Context(), commander.Request{Body: json.RawMessage(c.body)})
				require.NoError(t, err)
				require.Equal(t, r, dry, "checking says the same")
				require.Empty(t, b.seen)
			})
		})
	}
}

func TestCheckSendsNothing(t *testing.T) {
	onBench(t, accept, func(t *testing.T, b bench) {
		r, err := b.Check(t.Context(), request("Lamp", 0, "switchOn", `{"colour":2,"pattern":[true]}`))
		require.NoError(t, err)
		require.Equal(t, commander.AckReply(200, commander.WouldSend), r)
		synctest.Wait()
		require.Empty(t, b.seen)
	})
}

func TestProgressIsToldAsItComes(t *testing.T) {
	onBench(t, progress(30*time.Second, 35*time.Second), func(t *testing.T, b bench) {
		start := time.Now()
		var told []love.Progress
		ctx := commander.WithProgress(t.Context(), func(p love.Progress) {
			require.Zero(t, time.Since(start))
			told = append(told, p)
		})
		_, err := b.Execute(ctx, request("Lamp", 0, "cmd_switchOff", `{}`))
		require.NoError(t, err)
		require.Equal(t, []love.Progress{{Code: 301, Name: "CMD_INPROGRESS", Timeout: 30}}, told)
	})
}

func TestEveryInstanceIsReachedThroughOneRemote(t *testing.T) {
	onBench(t, accept, func(t *testing.T, b bench) {
		var running sync.WaitGroup
		heard := make(chan int, 2)
		for _, index := range []int{1, 2} {
			c, err := b.domain.Controller(t.Context(), "Hexapod", index)
			require.NoError(t, err)
			require.NoError(t, c.Handle("move", func(context.Context, *sal.Sample) error { heard <- index; return nil }))
			running.Go(func() { _ = c.Run(context.Background()) })
		}
		for _, index := range []int{2, 1} {
			r, err := b.Execute(t.Context(), request("Hexapod", index, "cmd_move", `{"salIndex":7}`))
			require.NoError(t, err)
			require.JSONEq(t, done, string(r.Body))
			require.Equal(t, index, <-heard)
		}
		require.NoError(t, b.domain.Close())
		running.Wait()
	})
}

func TestClosedDomainIsAnErrorNotAReply(t *testing.T) {
	onBench(t, accept, func(t *testing.T, b bench) {
		require.NoError(t, b.domain.Close())
		_, err := b.Execute(t.Context(), request("Lamp", 0, "cmd_switchOff", `{}`))
		require.ErrorIs(t, err, sal.ErrClosed)
	})
}

func TestTopicNamesHaveTheChosenCategories(t *testing.T) {
	s := commander.NewSAL(sal.NewDomain(sim.NewBus(), interfaces(t)))
	for categories, lamp := range map[string]string{
		"":                  `{"event_names":["burning"],"telemetry_names":["light"],"command_names":["switchOff","switchOn"]}`,
		"nonsense":          `{"event_names":["burning"],"telemetry_names":["light"],"command_names":["switchOff","switchOn"]}`,
		"command-event":     `{"event_names":["burning"],"command_names":["switchOff","switchOn"]}`,
		"telemetry-unknown": `{"telemetry_names":["light"]}`,
	} {
		r, err := s.TopicNames(t.Context(), categories)
		require.NoError(t, err)
		require.Equal(t, 200, r.Status)
		var got map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(r.Body, &got))
		require.JSONEq(t, lamp, string(got["Lamp"]), categories)
		require.Len(t, got, 3)
	}
}

func TestTopicDataDescribesFieldsButNotPrivateOnes(t *testing.T) {
	s := commander.NewSAL(sal.NewDomain(sim.NewBus(), interfaces(t)))
	r, err := s.TopicData(t.Context(), "command")
	require.NoError(t, err)
	var got map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(r.Body, &got))
	require.JSONEq(t, `{"command_data":{"switchOff":{},"switchOn":{
		"power":{"name":"power","description":"How bright.","units":"W","type_name":"float","count":1},
		"serial":{"name":"serial","description":"","units":"unitless","type_name":"long long","count":1},
		"pattern":{"name":"pattern","description":"","units":"unitless","type_name":"boolean","count":3},
		"colour":{"name":"colour","description":"","units":"unitless","type_name":"short","count":1}}}}`, string(got["Lamp"]))
	require.JSONEq(t, `{"command_data":{"move":{"salIndex":{"name":"salIndex","description":"SAL index (only present for indexed SAL components)",
		"units":"unitless","type_name":"long","count":1}}}}`, string(got["Hexapod"]))

	again, err := s.TopicData(t.Context(), "command-")
	require.NoError(t, err)
	require.Same(t, &r.Body[0], &again.Body[0], "encoded once")
}

func TestHeartbeatIsTheTimeOfTheClock(t *testing.T) {
	s := commander.NewSAL(sal.NewDomain(sim.NewBus(), interfaces(t)))
	before := time.Now()
	at, err := s.Heartbeat(t.Context())
	require.NoError(t, err)
	require.WithinRange(t, at, before, time.Now())
}
