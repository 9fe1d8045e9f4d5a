package sal_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
)

// body is the Avro encoding of a sample of the topic that has a field of each
// type.
func body(t testing.TB, values sal.Values) []byte {
	s, err := sal.NewSample(everything(t), values)
	require.NoError(t, err)
	return s.AppendAvro(nil)
}

func TestASampleSurvivesItsAvroEncoding(t *testing.T) {
	values := sal.Values{
		"private_identity": "ana@host", "private_seqNum": 7, "private_sndStamp": 1.5,
		"b": true, "y": 255, "s": -3, "i": math.MinInt32, "ui": math.MaxUint32, "ll": math.MinInt64,
		"f": float32(0.1), "d": math.Inf(-1), "t": "Cerro Pachón",
		"bools": []bool{true, false}, "ints": []int{1, -1, 1 << 30}, "floats": []float64{0.5, math.NaN()},
	}
	s, err := everything(t).DecodeAvro(body(t, values), 12.5)
	require.NoError(t, err)
	values["private_rcvStamp"] = 12.5
	want, err := sal.NewSample(s.Topic(), values)
	require.NoError(t, err)
	require.Equal(t, want.String(), s.String())
}

func TestAvroIntegersBeyondTheDefinitionAreTakenAsTheyCome(t *testing.T) {
	b := body(t, nil)
	// The fields before: five stamps and numbers, two empty texts, the origin,
	// the boolean. The byte field is next; 600 needs two bytes.
	const at = 4*8 + 1 + 1 + 1 + 1 + 1
	b = append(append(append([]byte{}, b[:at]...), 0xb0, 0x09), b[at+1:]...)
	s, err := everything(t).DecodeAvro(b, 0)
	require.NoError(t, err)
	require.EqualValues(t, 600, s.Int("y"))
}

func TestAvroArraysComeInAnyNumberOfBlocks(t *testing.T) {
	whole := body(t, sal.Values{"bools": []bool{}, "ints": []int{}, "floats": []float64{}})
	front := whole[:len(whole)-3]
	for name, arrays := range map[string][]byte{
		"one block":             {4, 1, 0, 0, 6, 2, 4, 6, 0, 0},
		"several blocks":        {2, 1, 2, 0, 0, 2, 2, 4, 4, 6, 0, 0},
		"blocks with byte size": {3, 4, 1, 0, 0, 1, 2, 2, 3, 4, 4, 6, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := everything(t).DecodeAvro(append(front[:len(front):len(front)], arrays...), 0)
			require.NoError(t, err)
			require.Equal(t, []bool{true, false}, s.Value("bools"))
			require.Equal(t, []int64{1, 2, 3}, s.Ints("ints"))
			require.Empty(t, s.Floats("floats"))
		})
	}
}

func TestAnAvroBodyThatIsNoneIsAnError(t *testing.T) {
	whole := body(t, sal.Values{"t": "text", "ints": []int{1, 2, 3}})
	for n := range whole {
		_, err := everything(t).DecodeAvro(whole[:n], 0)
		require.ErrorIs(t, err, sal.ErrAvro, "%d bytes", n)
	}
	for name, b := range map[string][]byte{
		"a text that is longer than the body": append(make([]byte, 33), 0xfe, 0xff, 0xff, 0xff, 0x0f),
		"a text of negative length":           append(make([]byte, 33), 1),
		"a text that is not UTF-8":            append(make([]byte, 33), 2, 0xff),
		"a number without end":                append(make([]byte, 32), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
		"an array of many":                    append(whole[:len(whole)-17:len(whole)-17], 0xfe, 0xff, 0xff, 0xff, 0x0f),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := everything(t).DecodeAvro(b, 0)
			require.ErrorIs(t, err, sal.ErrAvro)
		})
	}
}

func FuzzDecodeAvro(f *testing.F) {
	f.Add(body(f, nil))
	f.Add(body(f, sal.Values{"t": "text", "private_identity": "é", "ints": []int{1, 2, 3}, "floats": []float64{math.NaN()}}))
	f.Add([]byte{})
	topic := everything(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := topic.DecodeAvro(b, 0)
		if err != nil {
			require.ErrorIs(t, err, sal.ErrAvro)
			return
		}
		again, err := topic.DecodeAvro(s.AppendAvro(nil), 0)
		require.NoError(t, err)
		require.Equal(t, s.String(), again.String())
	})
}

func BenchmarkDecodeAvro(b *testing.B) {
	encoded := body(b, sal.Values{"private_identity": "Lamp", "private_revCode": "0123abcd", "t": "some text"})
	topic := everything(b)
	b.SetBytes(int64(len(encoded)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := topic.DecodeAvro(encoded, 0); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendAvro(b *testing.B) {
	s, err := sal.NewSample(everything(b), sal.Values{"private_identity": "Lamp", "private_revCode": "0123abcd", "t": "some text"})
	require.NoError(b, err)
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = s.AppendAvro(dst[:0])
	}
}
