package kafka

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
)

// everything returns the codec of a topic that has a field of each type.
func everything(tb testing.TB) *codec {
	defs, err := sal.Define(&sal.Component{Name: "Lamp", Topics: []*sal.Topic{{Kind: sal.Event, Name: "everything", Fields: []sal.Field{
		{Name: "b", Type: sal.Boolean}, {Name: "y", Type: sal.Byte}, {Name: "s", Type: sal.Short},
		{Name: "us", Type: sal.UnsignedShort}, {Name: "i", Type: sal.Int}, {Name: "l", Type: sal.Long},
		{Name: "ui", Type: sal.UnsignedInt}, {Name: "ll", Type: sal.LongLong},
		{Name: "f", Type: sal.Float}, {Name: "d", Type: sal.Double}, {Name: "t", Type: sal.String},
		{Name: "bools", Type: sal.Boolean, Count: 2}, {Name: "ints", Type: sal.Int, Count: 3}, {Name: "floats", Type: sal.Float, Count: 2},
	}}}})
	require.NoError(tb, err)
	c, err := defs.Component("Lamp")
	require.NoError(tb, err)
	topic, _ := c.Topic("evt_everything")
	return newCodec(topic)
}

// body returns the encoding of a sample of everything.
func body(tb testing.TB, values sal.Values) []byte {
	c := everything(tb)
	s, err := sal.NewSample(c.topic, values)
	require.NoError(tb, err)
	return c.append(nil, s)
}

func TestSampleSurvivesItsEncoding(t *testing.T) {
	values := sal.Values{
		"private_identity": "ana@host", "private_seqNum": 7, "private_sndStamp": 1.5,
		"b": true, "y": 255, "s": -3, "i": math.MinInt32, "ui": math.MaxUint32, "ll": math.MinInt64,
		"f": float32(0.1), "d": math.Inf(-1), "t": "Cerro Pachón",
		"bools": []bool{true, false}, "ints": []int{1, -1, 1 << 30}, "floats": []float64{0.5, math.NaN()},
	}
	s, err := everything(t).decode(body(t, values), 12.5)
	require.NoError(t, err)
	values["private_rcvStamp"] = 12.5
	want, err := sal.NewSample(s.Topic(), values)
	require.NoError(t, err)
	require.Equal(t, want.String(), s.String())
}

func TestIntegersBeyondTheDefinitionAreAccepted(t *testing.T) {
	b := body(t, nil)
	// The fields before: five stamps and numbers, two empty texts, the origin,
	// the boolean. The byte field is next; 600 needs two bytes.
	const at = 4*8 + 1 + 1 + 1 + 1 + 1
	b = append(append(append([]byte{}, b[:at]...), 0xb0, 0x09), b[at+1:]...)
	s, err := everything(t).decode(b, 0)
	require.NoError(t, err)
	require.EqualValues(t, 600, s.Int("y"))
}

func TestArraysMayHaveAnyNumberOfBlocks(t *testing.T) {
	whole := body(t, sal.Values{"bools": []bool{}, "ints": []int{}, "floats": []float64{}})
	front := whole[:len(whole)-3]
	for name, arrays := range map[string][]byte{
		"one block":             {4, 1, 0, 0, 6, 2, 4, 6, 0, 0},
		"several blocks":        {2, 1, 2, 0, 0, 2, 2, 4, 4, 6, 0, 0},
		"blocks with byte size": {3, 4, 1, 0, 0, 1, 2, 2, 3, 4, 4, 6, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := everything(t).decode(append(front[:len(front):len(front)], arrays...), 0)
			require.NoError(t, err)
			require.Equal(t, []bool{true, false}, s.Value("bools"))
			require.Equal(t, []int64{1, 2, 3}, s.Ints("ints"))
			require.Empty(t, s.Floats("floats"))
		})
	}
}

func TestBrokenBodyIsAnError(t *testing.T) {
	whole := body(t, sal.Values{"t": "text", "ints": []int{1, 2, 3}})
	for n := range whole {
		_, err := everything(t).decode(whole[:n], 0)
		require.ErrorIs(t, err, errEncoding, "%d bytes", n)
	}
	for name, b := range map[string][]byte{
		"a text longer than the body": append(make([]byte, 33), 0xfe, 0xff, 0xff, 0xff, 0x0f),
		"a text of negative length":   append(make([]byte, 33), 1),
		"a text that is not UTF-8":    append(make([]byte, 33), 2, 0xff),
		"a number without an end":     append(make([]byte, 32), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
		"an array of many":            append(whole[:len(whole)-17:len(whole)-17], 0xfe, 0xff, 0xff, 0xff, 0x0f),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := everything(t).decode(b, 0)
			require.ErrorIs(t, err, errEncoding)
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(body(f, nil))
	f.Add(body(f, sal.Values{"t": "text", "private_identity": "é", "ints": []int{1, 2, 3}, "floats": []float64{math.NaN()}}))
	f.Add([]byte{})
	c := everything(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := c.decode(b, 0)
		if err != nil {
			require.ErrorIs(t, err, errEncoding)
			return
		}
		again, err := c.decode(c.append(nil, s), 0)
		require.NoError(t, err)
		require.Equal(t, s.String(), again.String())
	})
}

func BenchmarkDecode(b *testing.B) {
	encoded := body(b, sal.Values{"private_identity": "Lamp", "private_revCode": "0123abcd", "t": "some text"})
	c := everything(b)
	b.SetBytes(int64(len(encoded)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.decode(encoded, 0); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	c := everything(b)
	s, err := sal.NewSample(c.topic, sal.Values{"private_identity": "Lamp", "private_revCode": "0123abcd", "t": "some text"})
	require.NoError(b, err)
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = c.append(dst[:0], s)
	}
}
