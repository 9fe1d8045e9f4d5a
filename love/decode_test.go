package love_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
)

func stream(value string) love.Stream { return love.Stream{Name: "s", Value: love.RawValue(value)} }

type header struct {
	Sent float64 `love:"private_sndStamp,second"`
}

func TestAStreamIsDecodedIntoAStruct(t *testing.T) {
	type state int
	var got struct {
		header
		Azimuth    float64 `love:"azimuthPosition,deg"`
		Encoder    uint32  `json:"azimuthEncoderPosition,omitempty"`
		InPosition bool
		State      state `love:"summaryState"`
		Big        int64 `love:",km"`
		Huge       uint64
		Name       string
		Doors      [2]float32
		Motors     []int8
		Missing    *float64
		Null       *string
		Given      **int
		Raw        love.RawValue
		Message    json.RawMessage
		Any        any
		Whole      any
		By         map[string]float64
		Time       time.Time
		Filters    []struct{ Name string }
		Ignored    int `love:"-"`
		unexported int
	}
	got.unexported, got.Ignored, got.Missing, got.Null = 3, 4, new(float64), new(string)
	require.NoError(t, stream(` {
		"private_sndStamp": {"value": 1.5, "dataType": "Float", "units": "second"},
		"azimuthPosition": {"value": NaN, "dataType": "Float", "units": "deg"},
		"azimuthEncoderPosition": {"value": 4.0e3, "dataType": "Int", "units": "unitless"},
		"inPosition": {"value": true, "dataType": "Int", "units": "unitless"},
		"summaryState": {"value": 2}, "big": -9223372036854775808, "huge": 18446744073709551615,
		"name": {"value": "dôme \u00e9"},
		"doors": {"value": [-Infinity, 0.25], "dataType": "Array<Float>", "units": "%"}, "motors": {"value": []},
		"null": {"value": null, "dataType": "None", "units": "unitless"}, "given": 5,
		"raw": {"value": NaN}, "message": [NaN],
		"any": {"value": [1, 1.0, NaN, "x", null, false, {"y": {"value": 2}}], "dataType": "None", "units": "unitless"}, "whole": null,
		"by": {"a": {"value": Infinity}, "b": 1}, "time": "2026-01-02T03:04:05Z",
		"filters": [{"name": "r"}, {"name": {"value": "i"}}], "more": "is ignored"
	} `).Decode(&got))
	require.Equal(t, 1.5, got.Sent)
	require.True(t, math.IsNaN(got.Azimuth))
	require.Equal(t, uint32(4000), got.Encoder)
	require.True(t, got.InPosition)
	require.Equal(t, state(2), got.State)
	require.Equal(t, int64(math.MinInt64), got.Big)
	require.Equal(t, uint64(math.MaxUint64), got.Huge)
	require.Equal(t, "dôme é", got.Name)
	require.Equal(t, [2]float32{float32(math.Inf(-1)), 0.25}, got.Doors)
	require.Equal(t, []int8{}, got.Motors)
	require.Nil(t, got.Missing)
	require.Nil(t, got.Null)
	require.Equal(t, 5, **got.Given)
	require.Equal(t, "NaN", string(got.Raw))
	require.Equal(t, "[null]", string(got.Message))
	list := got.Any.([]any)
	require.True(t, math.IsNaN(list[2].(float64)))
	list[2] = "NaN"
	require.Equal(t, []any{int64(1), 1.0, "NaN", "x", nil, false, map[string]any{"y": int64(2)}}, list)
	require.Nil(t, got.Whole)
	require.Equal(t, map[string]float64{"a": math.Inf(1), "b": 1}, got.By)
	require.Equal(t, 2026, got.Time.Year())
	require.Equal(t, "i", got.Filters[1].Name)
	require.Equal(t, []int{3, 4}, []int{got.unexported, got.Ignored})
}

func TestADecorationIsDecodedIntoAStructWithAValue(t *testing.T) {
	var got struct {
		X struct {
			Value float64
			Units string
		}
	}
	require.NoError(t, stream(`{"x":{"value":1.5,"dataType":"Float","units":"deg"}}`).Decode(&got))
	require.Equal(t, "deg", got.X.Units)
	require.Equal(t, 1.5, got.X.Value)

	var reading struct {
		X struct{ Value, Quality int }
	}
	require.NoError(t, stream(`{"x":{"value":1,"quality":2}}`).Decode(&reading), "this is no decoration")
	require.Equal(t, 2, reading.X.Quality)
}

func TestAnEventIsDecodedFromItsOneObject(t *testing.T) {
	event := stream(`[{"summaryState":{"value":2}}]`)
	var one struct{ SummaryState int }
	require.NoError(t, event.Decode(&one))
	require.Equal(t, 2, one.SummaryState)
	pointer := new(struct{ SummaryState int })
	require.NoError(t, event.Decode(&pointer))
	require.Equal(t, 2, pointer.SummaryState)
	var all []struct{ SummaryState int }
	require.NoError(t, event.Decode(&all))
	require.Len(t, all, 1)
	var fields map[string]any
	require.NoError(t, event.Decode(&fields))
	require.Equal(t, map[string]any{"summaryState": int64(2)}, fields)
	var raw love.RawValue
	require.NoError(t, event.Decode(&raw))
	require.Equal(t, string(event.Value), string(raw))
	var n float64
	require.NoError(t, stream(`-Infinity`).Decode(&n))
	require.Equal(t, math.Inf(-1), n)
}

func TestWhatCannotBeDecodedNamesStreamFieldAndReason(t *testing.T) {
	type inner struct {
		X int8 `love:"x,deg"`
	}
	type target struct {
		A *inner
		L *[]inner
		T *[2]int
		F *float64
		G *float32
		N *uint8
		B *bool
		S *string
		M map[string]int
		Y *time.Time
		C chan int
	}
	base := `"m":{},"c":1`
	for value, want := range map[string]string{
		`{"m":{}}`:       `stream s: field C is missing: make it a pointer if it may be`,
		`{"c":1}`:        `stream s: field M is missing: make it a pointer if it may be`,
		`{` + base + `}`: `stream s: field c is 1, which does not fit a Go chan int`,
		`{"m":null}`:     `stream s: field m is null, which a Go map[string]int cannot be: decode it into a pointer`,
		`{"a":{"x":{"value":128,"units":"deg"}}}`: `stream s: field a.x is 128, which does not fit a Go int8`,
		`{"a":{"x":{"value":1,"units":"rad"}}}`:   `stream s: field a.x has the unit "rad", not "deg"`,
		`{"l":[{"x":1},{"X":1}]}`:                 `stream s: field l[1].x is missing: make it a pointer if it may be`,
		`{"l":{"value":[{"x":1},{"x":1.5}]}}`:     `stream s: field l[1].x is 1.5, which does not fit a Go int8`,
		`{"l":{"x":1}}`:                           `stream s: field l is {"x":1}, which does not fit a Go []love_test.inner`,
		`{"t":[1]}`:                               `stream s: field t has 1 elements, and a Go [2]int has 2`,
		`{"t":[1,NaN]}`:                           `stream s: field t[1] is NaN, which does not fit a Go int`,
		`{"f":"1"}`:                               `stream s: field f is "1", which does not fit a Go float64`,
		`{"f":9007199254740993}`:                  `stream s: field f is 9007199254740993, which does not fit a Go float64`,
		`{"f":1e400}`:                             `stream s: field f is 1e400, which does not fit a Go float64`,
		`{"g":1e39}`:                              `stream s: field g is 1e39, which does not fit a Go float32`,
		`{"g":16777217}`:                          `stream s: field g is 16777217, which does not fit a Go float32`,
		`{"n":-1}`:                                `stream s: field n is -1, which does not fit a Go uint8`,
		`{"n":256}`:                               `stream s: field n is 256, which does not fit a Go uint8`,
		`{"b":1}`:                                 `stream s: field b is 1, which does not fit a Go bool`,
		`{"s":true}`:                              `stream s: field s is true, which does not fit a Go string`,
		`{"m":{"x":{"value":"a"}}}`:               `stream s: field m.x is "a", which does not fit a Go int`,
		`{"m":[]}`:                                `stream s: field m is [], which does not fit a Go map[string]int`,
		`{"m":"` + string(accents()) + `"}`:       `stream s: field m is "ééééééééééééééééééé…, which does not fit a Go map[string]int`,
		`{"m":{},"y":"today"}`:                    `stream s: field y cannot be decoded: parsing time`,
		`[]`:                                      `stream s: it is a list of 0 elements, not of one: decode it into a slice`,
		`[{},{}]`:                                 `stream s: it is a list of 2 elements, not of one: decode it into a slice`,
		`1`:                                       `stream s: it is 1, which does not fit a Go love_test.target`,
		`{`:                                       `stream s: its value is not JSON`,
		``:                                        `stream s: its value is not JSON`,
	} {
		err := stream(value).Decode(new(target))
		require.ErrorContains(t, err, want, value)
		var e *love.DecodeError
		require.ErrorAs(t, err, &e)
		require.Equal(t, "s", e.Stream)
	}
	require.EqualError(t, stream(`{"x":1}`).Decode(new(struct {
		x int `love:"x"`
	})), "stream s: field x of the Go struct { x int \"love:\\\"x\\\"\" } is not exported: begin its name with a capital letter")
	for _, v := range []any{nil, target{}, (*target)(nil)} {
		require.ErrorContains(t, stream(`{}`).Decode(v), "Decode takes a pointer, such as one to a struct, not")
	}
}

func accents() (text []rune) {
	for range 69 {
		text = append(text, 'é')
	}
	return text
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`[{"a":{"value":NaN,"units":"deg"},"b":[1,{"c":null}]}]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := love.Stream{Name: "s", Value: raw}
		_ = s.Decode(new(struct {
			A *float64
			B *[]struct{ C *int }
		}))
		var v any
		if s.Decode(&v) == nil {
			_ = s.Decode(new(map[string]any))
		}
	})
}
