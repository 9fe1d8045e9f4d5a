package deflate

import (
	"sync"

	"github.com/klauspost/compress/flate"
)

// Window is how far back a compressed message refers to itself.
type Window uint8

// The windows. A message that is not larger than one is the same with a larger one.
const (
	None  Window = iota // messages are not compressed
	Small               // SmallBits
	Large               // as large as DEFLATE allows
)

// SmallBits is the size of the small window as a power of two. It is one for all clients
// that keep less than the usual 32 KiB, and the smallest that zlib can do: messages of
// telemetry repeat themselves within that.
const SmallBits = 9

// SmallSize is the size of the small window in bytes.
const SmallSize = 1 << SmallBits

// level is that at which more effort no longer makes messages of telemetry much smaller.
const level = 3

// compressor is what compressing a message needs meanwhile, about a megabyte.
type compressor struct {
	out     output
	deflate *flate.Writer // to out
}

// output collects what is written.
type output []byte

func (o *output) Write(p []byte) (int, error) {
	*o = append(*o, p...)
	return len(p), nil
}

var (
	compressors = sync.Pool{New: func() any {
		w, err := flate.NewWriter(nil, level)
		return newCompressor(w, err)
	}}
	smallCompressors = sync.Pool{New: func() any {
		w, err := flate.NewWriterWindow(nil, SmallSize)
		return newCompressor(w, err)
	}}
)

func newCompressor(w *flate.Writer, err error) *compressor {
	if err != nil {
		panic(err) // the level or the window is wrong
	}
	return &compressor{deflate: w}
}

// maxKept is the largest output, in bytes, whose memory is kept for the next message.
const maxKept = 64 << 10

// Compress appends the payload of a message, compressed for the window, to dst. Each
// message stands by itself.
func Compress(dst, message []byte, w Window) []byte {
	pool := &compressors
	if w == Small && len(message) > SmallSize {
		pool = &smallCompressors
	}
	c := pool.Get().(*compressor)
	defer pool.Put(c)
	c.out = c.out[:0]
	c.deflate.Reset(&c.out)
	_, _ = c.deflate.Write(message) // the output never fails
	_ = c.deflate.Flush()
	dst = append(dst, c.out[:len(c.out)-len("\x00\x00\xff\xff")]...)
	if cap(c.out) > maxKept {
		c.out = nil
	}
	return dst
}
