package httpserver_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rubin-love/love-go/internal/httpserver"
)

// Whatever good requests come first, net/http and the search for a second length agree
// on where the next one begins: the last request is refused, and none before.
func TestTheSearchForASecondLengthKeepsStepWithTheServer(t *testing.T) {
	_, address := serve(t, httpserver.Config{Handler: echo})
	rapid.Check(t, func(rt *rapid.T) {
		var text strings.Builder
		n := rapid.IntRange(0, 5).Draw(rt, "requests")
		for range n {
			text.WriteString(goodRequest(rt))
		}
		text.WriteString(post + "Content-Length: 5\r\n" + chunked + "\r\n0\r\n\r\n" + hidden)
		got := send(t, address, text.String())
		require.Len(rt, got, n+1, "%q: %q", text.String(), got)
		for _, answer := range got[:n] {
			require.Regexp(rt, "^200 ", answer)
		}
		require.Regexp(rt, "^400 ", got[n])
	})
}

// goodRequest draws a request, with a body that looks like framing.
func goodRequest(t *rapid.T) string {
	piece := rapid.SampledFrom([]string{"\r\n", "\r\n\r\n", "0\r\n\r\n", "Content-Length: 3", "Transfer-Encoding: chunked", "GET / HTTP/1.1\r\n", "a", ":", "\n", " "})
	body := func() string { return strings.Join(rapid.SliceOfN(piece, 0, 6).Draw(t, "body"), "") }
	end := rapid.SampledFrom([]string{"\r\n", "\n"}).Draw(t, "line end")
	head := "POST /a HTTP/1.1" + end + "Host: x" + end
	if rapid.Bool().Draw(t, "more headers") {
		head += "X-Content-Length: 7" + end + "A:" + end + " Content-Length: 3" + end
	}
	if rapid.Bool().Draw(t, "with a length") {
		b := body()
		return head + fmt.Sprintf("content-length: %d ", len(b)) + end + end + b
	}
	var b strings.Builder
	b.WriteString(head + "Transfer-Encoding: chunked" + end + end)
	for range rapid.IntRange(0, 3).Draw(t, "chunks") {
		if chunk := body(); chunk != "" {
			extension := rapid.SampledFrom([]string{"", ";a", `;a="0"`, " "}).Draw(t, "extension")
			fmt.Fprintf(&b, "0%X%s\r\n%s\r\n", len(chunk), extension, chunk)
		}
	}
	b.WriteString("0\r\n")
	if rapid.Bool().Draw(t, "trailer") {
		b.WriteString("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n")
	}
	return b.String() + "\r\n"
}
