package hub

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryLimitThatIsNotGivenHasItsDefault(t *testing.T) {
	require.Equal(t, DefaultLimits(), Limits{}.WithDefaults())
	for i := range reflect.TypeFor[Limits]().NumField() {
		name := reflect.TypeFor[Limits]().Field(i).Name
		require.NotZero(t, reflect.ValueOf(DefaultLimits()).Field(i).Int(), "%s has no default", name)

		value := reflect.ValueOf(DefaultLimits()).Field(i).Int() + 1
		var given, want = Limits{}, DefaultLimits()
		reflect.ValueOf(&given).Elem().Field(i).SetInt(value)
		reflect.ValueOf(&want).Elem().Field(i).SetInt(value)
		require.Equal(t, want, given.WithDefaults(), "only %s is given", name)
	}
}

func TestTheDefaultsFitWhatIsGiven(t *testing.T) {
	got := Limits{QueueBytes: 2 << 20, UserSessions: 30_000, RequestRate: 7}.WithDefaults()
	want := DefaultLimits()
	want.QueueBytes, want.UserSessions, want.RequestRate = 2<<20, 30_000, 7
	want.BacklogBytes, want.LastBytes = 2<<20, 2<<20
	want.Sessions = 30_000
	require.Equal(t, want, got)

	want = DefaultLimits()
	want.AllQueueBytes, want.UserQueueBytes, want.QueueBytes = 1<<10, 1<<10, 1<<10
	want.BacklogBytes, want.LastBytes = 1<<10, 1<<10
	require.Equal(t, want, Limits{AllQueueBytes: 1 << 10}.WithDefaults())

	want = DefaultLimits()
	want.LastBytes, want.QueueBytes, want.UserQueueBytes, want.AllQueueBytes = 2<<30, 2<<30, 2<<30, 2<<30
	require.Equal(t, want, Limits{LastBytes: 2 << 30}.WithDefaults())

	both := Limits{LastBytes: 2 << 20, QueueBytes: 1 << 20}.WithDefaults()
	require.Equal(t, []int{2 << 20, 1 << 20}, []int{both.LastBytes, both.QueueBytes}, "what is given stays")
}

func TestALimitBelowZeroIsItsDefault(t *testing.T) {
	var negative Limits
	for i := range reflect.TypeFor[Limits]().NumField() {
		reflect.ValueOf(&negative).Elem().Field(i).SetInt(-1)
	}
	require.Equal(t, DefaultLimits(), negative.WithDefaults())
}
