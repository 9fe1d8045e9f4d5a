package hub

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryLimitThatIsNotGivenHasItsDefault(t *testing.T) {
	require.Equal(t, DefaultLimits(), Limits{}.withDefaults())
	for i := range reflect.TypeFor[Limits]().NumField() {
		name := reflect.TypeFor[Limits]().Field(i).Name
		require.NotZero(t, reflect.ValueOf(DefaultLimits()).Field(i).Int(), "%s has no default", name)

		var given, want = Limits{}, DefaultLimits()
		reflect.ValueOf(&given).Elem().Field(i).SetInt(7)
		reflect.ValueOf(&want).Elem().Field(i).SetInt(7)
		require.Equal(t, want, given.withDefaults(), "only %s is given", name)
	}
}

func TestALimitBelowZeroIsItsDefault(t *testing.T) {
	var negative Limits
	for i := range reflect.TypeFor[Limits]().NumField() {
		reflect.ValueOf(&negative).Elem().Field(i).SetInt(-1)
	}
	require.Equal(t, DefaultLimits(), negative.withDefaults())
}
