package websocket_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/websocket"
)

const (
	agreed      = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	smallWindow = agreed + "; server_max_window_bits=9"
)

func TestDeflateOffersAreAnsweredOrDeclined(t *testing.T) {
	for name, c := range map[string]struct {
		offers []string
		answer string
		bits   int
	}{
		"none":              {nil, "", 0},
		"Chromium":          {[]string{"permessage-deflate; client_max_window_bits"}, agreed, 15},
		"Firefox":           {[]string{"permessage-deflate"}, agreed, 15},
		"Python websockets": {[]string{"permessage-deflate; client_max_window_bits"}, agreed, 15},
		"the same, as it is set for little memory": {[]string{"permessage-deflate; server_max_window_bits=11; client_max_window_bits=11"}, smallWindow, 9},
		"loved bench":        {[]string{agreed}, agreed, 15},
		"a window of 15":     {[]string{"permessage-deflate; server_max_window_bits=15"}, agreed + "; server_max_window_bits=15", 15},
		"a window of 14":     {[]string{"permessage-deflate; server_max_window_bits=14"}, smallWindow, 9},
		"too small a window": {[]string{"permessage-deflate; server_max_window_bits=8"}, "", 0},
		"a second offer":     {[]string{"permessage-deflate; server_max_window_bits=8, permessage-deflate"}, agreed, 15},
		"in a second line":   {[]string{"x-webkit-deflate-frame", "permessage-deflate"}, agreed, 15},
		"the first is taken": {[]string{"permessage-deflate; server_max_window_bits=12, permessage-deflate"}, smallWindow, 9},
		"quoted":             {[]string{`permessage-deflate; server_max_window_bits="12"`}, smallWindow, 9},
		"without spaces":     {[]string{"permessage-deflate;client_max_window_bits;server_no_context_takeover"}, agreed, 15},

		"another extension":        {[]string{"bbf-usp-protocol; eid=\"a;b,c\""}, "", 0},
		"of another name":          {[]string{"permessage-bzip2"}, "", 0},
		"unknown parameter":        {[]string{"permessage-deflate; level=9"}, "", 0},
		"twice the same parameter": {[]string{"permessage-deflate; client_max_window_bits; client_max_window_bits=10"}, "", 0},
		"a window of 7":            {[]string{"permessage-deflate; client_max_window_bits=7"}, "", 0},
		"a window of 16":           {[]string{"permessage-deflate; server_max_window_bits=16"}, "", 0},
		"a window of 012":          {[]string{"permessage-deflate; server_max_window_bits=012"}, "", 0},
		"a window without bits":    {[]string{"permessage-deflate; server_max_window_bits"}, "", 0},
		"an empty window":          {[]string{"permessage-deflate; client_max_window_bits="}, "", 0},
		"takeover with a value":    {[]string{"permessage-deflate; server_no_context_takeover=1"}, "", 0},
		"no parameter":             {[]string{"permessage-deflate;"}, "", 0},
		"nonsense":                 {[]string{"=; ;;", ",,", "\"", "permessage-deflate\x00"}, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			answer, bits := websocket.AcceptDeflate(http.Header{"Sec-Websocket-Extensions": c.offers}, 9)
			require.Equal(t, c.answer, answer)
			require.Equal(t, c.bits, bits)
		})
	}
}

func FuzzAcceptDeflate(f *testing.F) {
	for _, offer := range []string{
		"", "permessage-deflate; client_max_window_bits", "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
		`permessage-deflate; server_max_window_bits="10", permessage-deflate`, `a;b="c\",d", permessage-deflate;`, "permessage-deflate; =;",
	} {
		f.Add(offer)
	}
	f.Fuzz(func(t *testing.T, offer string) {
		answer, bits := websocket.AcceptDeflate(http.Header{"Sec-Websocket-Extensions": {offer}}, 9)
		switch bits {
		case 0:
			require.Empty(t, answer)
			return
		case 9:
			require.Equal(t, smallWindow, answer)
		case 15:
			require.Contains(t, []string{agreed, agreed + "; server_max_window_bits=15"}, answer)
		default:
			t.Fatalf("a window of %d bits", bits)
		}
		require.Contains(t, offer, "permessage-deflate")
		if strings.Contains(answer, "server_max_window_bits") {
			require.Contains(t, offer, "server_max_window_bits")
		}
	})
}
