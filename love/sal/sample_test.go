package sal_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
)

func TestSampleConvertsFittingValues(t *testing.T) {
	for _, c := range []struct {
		field string
		give  any
		want  any
	}{
		{"b", true, true}, {"b", 1, true}, {"b", json.Number("0"), false},
		{"y", 255, int64(255)}, {"y", uint8(7), int64(7)},
		{"s", -32768, int64(-32768)}, {"us", 65535, int64(65535)},
		{"i", 5.0, int64(5)}, {"i", json.Number("5.0"), int64(5)}, {"i", true, int64(1)}, {"i", sal.Enabled, int64(2)},
		{"l", math.MinInt32, int64(math.MinInt32)}, {"ui", uint32(math.MaxUint32), int64(math.MaxUint32)},
		{"ll", json.Number("9007199254740993.0"), int64(9007199254740993)}, {"ll", json.Number("-9223372036854775808.00"), int64(math.MinInt64)},
		{"ll", json.Number("9223372036854775.807e3"), int64(math.MaxInt64)}, {"i", json.Number("1e3"), int64(1000)}, {"i", json.Number("-0"), int64(0)},
		{"i", json.Number("-0.0"), int64(0)}, {"i", json.Number("0e1000000000"), int64(0)}, {"b", json.Number("1.0"), true}, {"d", json.Number("1e-400"), 0.0},
		{"f", json.Number("1e-50"), 0.0}, {"f", json.Number("16777217"), 16777216.0},
		{"ll", json.Number("9007199254740993"), int64(9007199254740993)}, {"ll", int64(math.MaxInt64), int64(math.MaxInt64)},
		{"f", 0.1, float64(float32(0.1))}, {"f", math.Inf(-1), math.Inf(-1)}, {"d", 3, 3.0}, {"d", json.Number("1e300"), 1e300},
		{"t", "grüße", "grüße"},
		{"bools", []any{true, false}, []bool{true, false}},
		{"ints", []int{1, 2, 3}, []int64{1, 2, 3}}, {"ints", []any{json.Number("1"), 2.0, 3}, []int64{1, 2, 3}},
		{"floats", []float32{1, 2}, []float64{1, 2}}, {"floats", [2]int{1, 2}, []float64{1, 2}},
		{"floats", []float64{1}, []float64{1}}, // another length is sent as it is
		{"d", nil, 0.0},                        // leaves the field
	} {
		s, err := sal.NewSample(everything(t), sal.Values{c.field: c.give})
		require.NoError(t, err, "%s = %v", c.field, c.give)
		require.Equal(t, c.want, s.Value(c.field), "%s = %v", c.field, c.give)
	}
}

func TestSampleRefusesUnfitValuesAndNamesTheField(t *testing.T) {
	for _, c := range []struct {
		field  string
		give   any
		reason string
	}{
		{"b", "true", `takes true or false, not "true"`}, {"b", 2, "takes true or false, not 2"},
		{"y", 256, "takes a whole number from 0 to 255 (byte), not 256"}, {"y", -1, "not -1"},
		{"i", 1.5, "takes a whole number from -2147483648 to 2147483647 (int), not 1.5"},
		{"i", int64(1) << 31, "not 2147483648"}, {"l", "5", `not "5"`}, {"ui", -1, "from 0 to 4294967295"},
		{"ll", uint64(1) << 63, "not 9223372036854775808"}, {"ll", 9223372036854775808.0, "not 9.22"}, {"i", math.NaN(), "not NaN"},
		{"f", 1e39, "takes a number (float) up to 3.4"}, {"d", "1", `takes a number (double), not "1"`},
		{"d", json.Number("1e999"), "takes a number (double) up to 1.7976931348623157e+308, not 1e999"},
		{"d", json.Number("-1e1000000000"), "up to 1.79"}, {"f", json.Number("1e309"), "takes a number (float) up to 3.4028234663852886e+38, not 1e309"},
		{"floats", []any{json.Number("1e400"), 1}, "element 0 takes a number (float) up to 3.4"},
		{"ll", json.Number("9223372036854775808"), "not 9223372036854775808"}, {"ll", json.Number("9223372036854775807.5"), "not 9223372036854775807.5"},
		{"ll", json.Number("1e1000000000"), "not 1e1000000000"}, {"ll", json.Number("1e-1000000000"), "takes a whole number"}, {"i", json.Number("1.5"), "not 1.5"},
		{"y", json.Number("2.56e2"), "not 2.56e2"}, {"s", json.Number("32768"), "(short), not 32768"}, {"us", json.Number("-1"), "(unsigned short), not -1"},
		{"us", json.Number("65536.0"), "not 65536.0"}, {"i", json.Number("2147483648"), "(int), not"}, {"l", json.Number("-2147483649"), "(long), not"},
		{"ui", json.Number("4294967296"), "(unsigned int), not"}, {"ints", []any{json.Number("1"), json.Number("1.5"), json.Number("1")}, "element 1 takes a whole number"},
		{"i", json.Number(""), "takes a whole number"}, {"i", json.Number("0x10"), "takes a whole number"}, {"i", json.Number("1_0"), "takes a whole number"},
		{"t", "a\xffb", `takes a text in UTF-8, not "a\xffb"`}, {"t", "\xed\xa0\x80", "takes a text in UTF-8"}, {"private_identity", "\xff", "takes a text in UTF-8"},
		{"t", 5, "takes a text, not 5"}, {"t", json.Number("5"), "takes a text, not 5"},
		{"ints", 5, "takes a list of 3 elements (int), not 5"}, {"ints", "abc", "takes a list"},
		{"ints", []any{1, nil, 3}, "element 1 takes a whole number"}, {"floats", []any{"x"}, "element 0 takes a number"},
		{"t", []string{strings.Repeat("ä", 100)}, "…"},
	} {
		_, err := sal.NewSample(everything(t), sal.Values{c.field: c.give})
		var bad *sal.FieldError
		require.ErrorAs(t, err, &bad, "%s = %v", c.field, c.give)
		require.Equal(t, c.field, bad.Field.Name)
		require.Contains(t, err.Error(), "Lamp evt_everything, field "+c.field+": ")
		require.Contains(t, err.Error(), c.reason)
	}
	_, err := sal.NewSample(everything(t), sal.Values{"zz": 1, "aa": 2, "b": true})
	var unknown *sal.UnknownFieldError
	require.ErrorAs(t, err, &unknown)
	require.Equal(t, []string{"aa", "zz"}, unknown.Names)
	require.Contains(t, err.Error(), "its fields are b, y, s,")
}

func TestSampleIsZeroForUnknownFields(t *testing.T) {
	s, err := sal.NewSample(everything(t), sal.Values{"i": 7, "d": 2.5, "b": true, "t": "x", "ints": []int{1, 2, 3}, "floats": []int{4, 5}})
	require.NoError(t, err)
	require.EqualValues(t, 7, s.Int("i"))
	require.EqualValues(t, 7, s.Float("i"))
	require.Equal(t, 2.5, s.Float("d"))
	require.True(t, s.Bool("b"))
	require.Equal(t, "x", s.Text("t"))
	require.Equal(t, []int64{1, 2, 3}, s.Ints("ints"))
	require.Equal(t, []float64{4, 5}, s.Floats("floats"))
	require.Zero(t, s.Int("d"), "not an integer")
	require.Zero(t, s.Int("ints"), "not a scalar")
	require.Nil(t, s.Value("unknown"))
	require.Zero(t, s.Float("unknown"))
	require.Empty(t, s.Text("unknown"))
	require.False(t, s.Bool("i"))
	require.Nil(t, s.Ints("floats"))
}

func TestSamplePrintsAsJSONInTheOrderOfItsDefinition(t *testing.T) {
	s, err := sal.NewSample(everything(t), sal.Values{
		"private_seqNum": 3, "private_identity": "Lamp", "b": true, "ll": int64(1) << 60, "f": 0.1, "d": math.NaN(),
		"t": "a\"b\n", "ints": []int{1, 2, 3}, "floats": []float64{math.Inf(1), 1},
	})
	require.NoError(t, err)
	require.Equal(t, `{"private_sndStamp":0.0,"private_rcvStamp":0.0,"private_efdStamp":0.0,"private_kafkaStamp":0.0,`+
		`"private_seqNum":3,"private_revCode":"","private_identity":"Lamp","private_origin":0,`+
		`"b":true,"y":0,"s":0,"us":0,"i":0,"l":0,"ui":0,"ll":1152921504606846976,"f":0.10000000149011612,"d":NaN,"t":"a\"b\n",`+
		`"bools":[false,false],"ints":[1,2,3],"floats":[Infinity,1.0]}`, s.String())
	strict, err := json.Marshal(s)
	require.NoError(t, err)
	require.Contains(t, string(strict), `"d":null`)
	require.Contains(t, string(strict), `"floats":[null,1.0]`)
}

func TestValuesOfOtherTypesAreRefused(t *testing.T) {
	for _, v := range []any{struct{}{}, map[string]any{}, func() {}, make(chan int), new(int), complex(1, 1), [][]int{{1}}} {
		for _, f := range everyType() {
			_, err := sal.NewSample(everything(t), sal.Values{f.Name: v})
			require.Error(t, err, "%s = %T", f.Name, v)
		}
	}
}

func TestZeroKeepsItsSign(t *testing.T) {
	s, err := sal.NewSample(everything(t), sal.Values{"d": math.Copysign(0, -1)})
	require.NoError(t, err)
	require.True(t, math.Signbit(s.Float("d")))
}
