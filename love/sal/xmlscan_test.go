package sal

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pieces are all pieces of a text, or the error that comes first.
func pieces(text string) (all []xmlPiece, err error) {
	s := xmlScanner{file: "F.xml", text: text}
	for s.more() {
		p, err := s.next()
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// piecesOfLibrary are the same as encoding/xml alone reads them.
func piecesOfLibrary(text string) (all []xmlPiece, err error) {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.RawToken()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			line, _ := d.InputPos()
			return nil, &XMLError{File: "F.xml", Line: line, Err: notXML(err)}
		}
		switch t := token.(type) {
		case xml.StartElement:
			all = append(all, xmlPiece{begins: true, tag: t.Name.Local})
		case xml.EndElement:
			if begun := len(all) - 1; strings.HasSuffix(text[:d.InputOffset()], "/>") && all[begun].begins {
				all[begun].ends = true
				continue
			}
			all = append(all, xmlPiece{ends: true, tag: t.Name.Local})
		case xml.CharData:
			all = append(all, xmlPiece{text: string(t)})
		default:
			all = append(all, xmlPiece{})
		}
	}
}

// FuzzXMLPieces compares with encoding/xml, which the scanner is a short cut
// for: pieces, and what is told of mistakes.
func FuzzXMLPieces(f *testing.F) {
	for _, text := range []string{
		"<a>b</a>", "<a/>", "<a />", "<a b='c>d' />", "<a b=\"/\"></a>", "<a_B-1.c/>", "<a:b></a:b>", "<ä/>", "<_a/>",
		"<a>1 &lt; 2 &amp; &#65;&#x42; é\r\nnext\rline ] ]]</a>", "<a><![CDATA[<b>&]]></a>", "\ufeff<a/>\n", "a > b",
		"<?xml version=\"1.0\"?>\n<!-- x -->\n<!DOCTYPE a [<!ELEMENT a>]>\n<a>\n\tb<!--c-->d\n</a>\n",
		// mistakes
		"", "<", "</", "<>", "</>", "<a\n<b>", "<a>\n<b", "<a>\n&nothing;", "<a>\n]]>", "<a>\n\x00", "<a>\n\xff", "<1>", "<a>\n<!-- -- -->",
		"<a\n\n b=c>", "<a></a b>", "<//>", "</a/>", "<a//>", "<?xml version='1.1'?>", "<?xml encoding='latin1'?>", "<a>\n\uffff",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want, wantErr := piecesOfLibrary(text)
		got, err := pieces(text)
		require.Equal(t, wantErr, err)
		require.Equal(t, want, got)
	})
}
