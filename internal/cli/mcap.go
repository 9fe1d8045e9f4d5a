package cli

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"time"

	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/archive"
)

// mcapMagic begins every MCAP file.
const mcapMagic = "\x89MCAP0\r\n"

// errNotMCAP is about a file in another format.
var errNotMCAP = errors.New("not an MCAP file")

// readMCAP yields the messages of an MCAP file, or of the folder of an archive, in a span;
// a zero time does not limit it. What is wrong with the file at all, or that it is another,
// is returned at once.
func readMCAP(ctx context.Context, path string, from, to time.Time) (iter.Seq2[recordedMessage, error], error) {
	span := history.Span{From: from, To: to}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return published(archive.NewReader(path).Messages(ctx, span)), nil
	case !isMCAP(path):
		return nil, errNotMCAP
	}
	f, err := archive.OpenFile(path)
	if err != nil {
		return nil, err
	}
	return published(f.Messages(ctx, span)), nil
}

func isMCAP(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, len(mcapMagic))
	_, err = io.ReadFull(f, head)
	return err == nil && string(head) == mcapMagic
}

// published yields messages of an archive as they were published.
func published(messages iter.Seq2[archive.Message, error]) iter.Seq2[recordedMessage, error] {
	return func(yield func(recordedMessage, error) bool) {
		for m, err := range messages {
			if err != nil {
				yield(recordedMessage{}, err)
				return
			}
			r := recordedMessage{JSON: m.Message().AppendJSON(nil), At: time.Duration(m.Received.UnixNano()), Timed: true, Time: m.Received}
			if !yield(r, nil) {
				return
			}
		}
	}
}
