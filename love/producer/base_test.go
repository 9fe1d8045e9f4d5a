package producer_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer"
)

type object map[string]any

// complete adds what a manager needs of an object.
func complete(o object) object {
	for name, value := range (object{"csc": "Rack", "salindex": 0, "data": object{"s": object{}}}) {
		if o[name] == nil {
			o[name] = value
		}
	}
	return o
}

// itemOf is what [items] returns for the message of an object.
func itemOf(t *testing.T, category string, o object) string {
	text, err := json.Marshal(complete(o))
	require.NoError(t, err)
	return category + " " + string(text)
}

// start runs p until stop is called.
func start(t *testing.T, p producer.Producer, to producer.Sender) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx, to) }()
	synctest.Wait()
	return func() {
		cancel()
		require.NoError(t, <-ended)
	}
}

// items are the categories and items of data messages, in order.
func items(t *testing.T, sent []sent) (out []string) {
	for _, s := range sent {
		category, rest, _ := strings.Cut(strings.TrimPrefix(s.msg, `{"category":"`), `","data":[`)
		item, _, ok := strings.Cut(rest, `],"producer_snd":`)
		require.True(t, ok, s.msg)
		out = append(out, category+" "+item)
	}
	return out
}

func TestBasePollsItsFunctionsOncePerPeriod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out recorder
		b := producer.NewBase("Rack")
		values := []any{complete(object{"v": 1}), nil, complete(object{"v": 3})}
		const raw = `{"csc":"Rack","salindex":0,"data":{"s":NaN}}`
		b.RegisterPeriodic(love.CategoryTelemetry, func(context.Context) (any, error) {
			v := values[0]
			values = values[1:]
			return v, nil
		})
		b.RegisterPeriodic(love.CategoryEvent, func(context.Context) (any, error) { return nil, errors.New("broken") })
		b.RegisterPeriodic(love.CategoryEvent, func(context.Context) (any, error) { return make(chan int), nil })
		b.RegisterPeriodic(love.CategoryEvent, func(context.Context) (any, error) { return love.RawValue(raw), nil })
		b.RegisterPeriodic(love.CategoryEvent, func(context.Context) (any, error) { return object{"v": 1}, nil })
		began := time.Now()
		stop := start(t, b, &out)
		time.Sleep(6 * time.Second)
		synctest.Wait()
		stop()
		got := out.take()
		one, three := itemOf(t, "telemetry", object{"v": 1}), itemOf(t, "telemetry", object{"v": 3})
		require.Equal(t, []string{one, "event " + raw, "event " + raw, three, "event " + raw}, items(t, got),
			"a function that fails loses its own value only")
		require.Equal(t, 2*time.Second, got[0].at.Sub(began))
		require.Equal(t, 6*time.Second, got[3].at.Sub(began))
	})
}

func TestBaseStoresSendsAndActsInThisOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out recorder
		b := producer.NewBase("Rack")
		b.RegisterCategory("speed", love.CategoryTelemetry)
		b.RegisterAction("state", func(ctx context.Context, o love.RawValue) {
			state := itemOf(t, "event", object{"name": "state", "v": 1})
			require.Equal(t, []string{state}, items(t, out.take()))
			require.Equal(t, state, "event "+string(o))
			require.NoError(t, b.Publish(ctx, complete(object{"name": "derived"})))
		})
		defer start(t, b, &out)()
		require.NoError(t, b.Publish(t.Context(), complete(object{"name": "state", "v": 1})))
		require.NoError(t, b.Publish(t.Context(), complete(object{"name": "speed", "v": 1.5})))
		require.Equal(t, []string{itemOf(t, "event", object{"name": "derived"}), itemOf(t, "telemetry", object{"name": "speed", "v": 1.5})}, items(t, out.take()))
	})
}

func TestBaseSendsStoredObjectsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out recorder
		b := producer.NewBase("Rack")
		b.RegisterCategory("speed", love.CategoryTelemetry)
		for _, o := range []object{{"name": "state", "v": 1}, {"name": "speed", "v": 2}, {"a": 2}, {"name": "state", "v": 3}, {"a": 4}} {
			require.NoError(t, b.Publish(t.Context(), complete(o)))
		}
		require.Empty(t, out.take())
		require.NoError(t, b.InitialData(t.Context(), &out))
		speed := itemOf(t, "telemetry", object{"name": "speed", "v": 2})
		require.Equal(t, []string{itemOf(t, "event", object{"name": "state", "v": 3}), speed, itemOf(t, "event", object{"a": 4})}, items(t, out.take()))

		for _, r := range []producer.Request{
			{CSC: "Rack", SalIndex: love.Index(77), Stream: "speed"},
			{Stream: "speed"},
			{CSC: "Other", Stream: "speed"},
			{CSC: "Rack", Stream: "nothing"},
		} {
			require.NoError(t, b.HandleRequest(t.Context(), r, &out))
		}
		require.Equal(t, []string{speed, speed}, items(t, out.take()))
		require.Equal(t, []string{"all", "Rack"}, b.Subscriptions())
		require.Equal(t, "Rack", b.Name())
	})
}

func TestBaseRefusesValuesThatAreNotObjects(t *testing.T) {
	b := producer.NewBase("Rack")
	for _, v := range []any{"text", 7, []int{1}, nil, love.RawValue(`{"broken`), make(chan int)} {
		require.Error(t, b.Publish(t.Context(), v))
	}
}

func TestBaseReturnsErrorsOfSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := recorder{fail: errors.New("cannot send")}
		b := producer.NewBase("Rack")
		defer start(t, b, &out)()
		require.ErrorContains(t, b.Publish(t.Context(), complete(object{"name": "x"})), "cannot send")
		require.ErrorContains(t, b.InitialData(t.Context(), &out), "cannot send")
	})
}

func TestOneBaseServesSeveralInstances(t *testing.T) {
	b := producer.NewBase("Rack")
	b.RegisterCategory("power", love.CategoryTelemetry)
	publish := func(csc string, index any, watts int) string {
		o := object{"csc": csc, "salindex": index, "data": object{"power": object{"watts": watts}}}
		require.NoError(t, b.Publish(t.Context(), o))
		text, err := json.Marshal(o)
		require.NoError(t, err)
		return "telemetry " + string(text)
	}
	publish("Rack", 1, 10)
	one, two, other, text := publish("Rack", 1, 11), publish("Rack", 2, 22), publish("Shelf", 1, 33), publish("Rack", "1", 44)
	var out recorder
	require.NoError(t, b.InitialData(t.Context(), &out))
	require.Equal(t, []string{one, two, other, text}, items(t, out.take()))
	for _, test := range []struct {
		csc   string
		index love.SalIndex
		want  []string
	}{
		{"Rack", love.Index(1), []string{one}},
		{"Rack", love.Index(2), []string{two}},
		{"Rack", love.Index(3), nil},
		{"Rack", love.IndexText("1"), []string{text}},
		{"Rack", love.Index(0), []string{one, two, text}},
		{"Shelf", love.Index(1), []string{other}},
		{"Shelf", love.Index(2), nil},
		{"", love.Index(1), []string{one, other}},
	} {
		require.NoError(t, b.HandleRequest(t.Context(), producer.Request{CSC: test.csc, SalIndex: test.index, Stream: "power"}, &out))
		require.Equal(t, test.want, items(t, out.take()), "%v", test)
	}
	zero := publish("Rack", 0, 55)
	require.NoError(t, b.HandleRequest(t.Context(), producer.Request{CSC: "Rack", Stream: "power"}, &out))
	require.Equal(t, []string{zero}, items(t, out.take()), "a request without an index means index 0 if there is one")
}

// slowSender is a Sender that takes a while.
type slowSender struct{ recorder }

func (s *slowSender) Send(ctx context.Context, d producer.Data) error {
	defer time.Sleep(300 * time.Millisecond)
	return s.recorder.Send(ctx, d)
}

func TestThePeriodDoesNotDependOnHowLongSendingTakes(t *testing.T) { // P-DRIFT
	synctest.Test(t, func(t *testing.T) {
		var out slowSender
		b := producer.NewBase("Rack")
		b.RegisterPeriodic(love.CategoryTelemetry, func(context.Context) (any, error) { return complete(object{}), nil })
		began := time.Now()
		stop := start(t, b, &out)
		time.Sleep(7 * time.Second)
		stop()
		var at []time.Duration
		for _, s := range out.take() {
			at = append(at, s.at.Sub(began))
		}
		require.Equal(t, []time.Duration{2 * time.Second, 4 * time.Second, 6 * time.Second}, at)
	})
}

func TestFreeFormFieldsAreDecoratedLikeSamples(t *testing.T) {
	b := producer.NewBase("Rack")
	var out recorder
	require.NoError(t, b.Publish(t.Context(), object{"csc": "Rack", "salindex": 1, "data": object{"power": object{
		"watts": producer.Decorate(41.5, "W"), "on": producer.Decorate(true, ""),
	}}}))
	require.NoError(t, b.InitialData(t.Context(), &out))
	require.Contains(t, out.texts()[0], `{"on":{"value":true,"dataType":"Int","units":"unitless"},"watts":{"value":41.5,"dataType":"Float","units":"W"}}`)
}
