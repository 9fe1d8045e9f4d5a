package sal_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
)

type power struct {
	I int32
	L uint16 `sal:"l"`
}

type reading struct {
	power
	Bools  []bool
	Ints   [3]int
	Floats []float32
	Text   string   `sal:"t"`
	Double *float64 `sal:"d"`
	Wide   float64  `sal:"ll"`
	On     bool     `sal:"b"`
	Note   string   `sal:"-"`
}

func TestStructsConvertBothWays(t *testing.T) {
	d := 2.5
	in := reading{
		power: power{I: -7, L: 9}, Bools: []bool{true, false}, Ints: [3]int{1, 2, 3}, Floats: []float32{0.5, 1},
		Text: "x", Double: &d, Wide: 12, On: true, Note: "mine",
	}
	values, err := sal.ValuesOf(&in)
	require.NoError(t, err)
	s, err := sal.NewSample(everything(t), values)
	require.NoError(t, err)
	require.EqualValues(t, -7, s.Int("i"))
	out := reading{Note: "mine"}
	require.NoError(t, s.Into(&out))
	require.Equal(t, in, out)
	out.Bools[0] = false
	require.Equal(t, []bool{true, false}, s.Value("bools"), "lists are copied")
}

func TestErrorNamesTheUnfitStructField(t *testing.T) {
	s, err := sal.NewSample(everything(t), sal.Values{"i": 300, "ll": -1, "d": 1e300})
	require.NoError(t, err)
	wide, err := sal.NewSample(everything(t), sal.Values{"ll": 9007199254740993, "i": 16777217})
	require.NoError(t, err)
	require.ErrorContains(t, wide.Into(&reading{}), "field ll: 9007199254740993 does not fit a Go float64")
	require.ErrorContains(t, wide.Into(&struct{ I float32 }{}), "field i: 16777217 does not fit a Go float32")
	for want, target := range map[string]any{
		"has no field colour": &struct{ Colour int }{},
		"field i: 300 does not fit a Go int8": &struct {
			I int8
		}{},
		"field ll: -1 does not fit a Go uint": &struct {
			LL uint `sal:"ll"`
		}{},
		"field d: 1e+300 does not fit a Go float32": &struct {
			D float32
		}{},
		"field t:": &struct{ T bool }{},
		"field ints: [0 0 0] does not fit a Go [2]int": &struct{ Ints [2]int }{},
		"field bools:":                &struct{ Bools []string }{},
		"takes a pointer to a struct": 5,
	} {
		require.ErrorContains(t, s.Into(target), want)
	}
	_, err = sal.ValuesOf("text")
	require.ErrorContains(t, err, "takes a struct or a pointer to one, not string")
}
