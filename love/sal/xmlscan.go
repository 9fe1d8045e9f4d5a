package sal

import (
	"encoding/xml"
	"errors"
	"strings"
)

// xmlScanner reads a file of definitions piece by piece. It reads tags without
// attributes and texts without entities, which are nearly all of a file, itself.
// Everything else, mistakes included, it leaves to encoding/xml, which knows all of
// XML but takes several times as long.
type xmlScanner struct {
	file string
	text string
	at   int // where the next piece begins
}

// xmlPiece is one of <tag>, </tag> and <tag/>, or the text between two of them.
// Comments and the like are empty texts.
type xmlPiece struct {
	begins, ends bool
	tag, text    string // substrings of the file, which they keep in memory
}

// more reports whether there is another piece.
func (s *xmlScanner) more() bool { return s.at < len(s.text) }

// next reads the next piece. It must not be called at the end of the file.
func (s *xmlScanner) next() (xmlPiece, error) {
	p, length := plainPiece(s.text[s.at:])
	if length == 0 {
		return s.other()
	}
	s.at += length
	return p, nil
}

// plainPiece reads the piece at the beginning of the text if it is plain. If it is
// not, length is 0.
func plainPiece(text string) (p xmlPiece, length int) {
	if text[0] != '<' {
		end := strings.IndexByte(text, '<')
		if end < 0 {
			end = len(text)
		}
		if !isPlain(text[:end]) {
			return p, 0
		}
		return xmlPiece{text: text[:end]}, end
	}
	end := strings.IndexByte(text, '>')
	if end < 0 {
		return p, 0
	}
	if p.tag, p.ends = strings.CutPrefix(text[1:end], "/"); !p.ends {
		p.begins = true
		p.tag, p.ends = strings.CutSuffix(p.tag, "/")
	}
	if !isPlainTag(p.tag) {
		return p, 0
	}
	return p, end + 1
}

// isPlain reports whether a text stands for itself. A text with ']' is not plain
// because XML forbids "]]>" in a text.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; (c < ' ' && c != '\n' && c != '\t') || c > '~' || c == '&' || c == ']' {
			return false
		}
	}
	return true
}

func isPlainTag(tag string) bool {
	for i := range len(tag) {
		c := tag[i] | 0x20 // as a small letter
		if (c < 'a' || c > 'z') && (i == 0 || tag[i] != '_') {
			return false
		}
	}
	return tag != ""
}

// other reads the next piece with encoding/xml. It uses raw tokens because name
// spaces mean nothing in these files.
func (s *xmlScanner) other() (p xmlPiece, err error) {
	d := xml.NewDecoder(strings.NewReader(s.text[s.at:]))
	token, err := d.RawToken()
	if err != nil {
		line, _ := d.InputPos()
		return p, &XMLError{File: s.file, Line: s.line(s.at) + line - 1, Err: notXML(err)}
	}
	s.at += int(d.InputOffset())
	switch t := token.(type) {
	case xml.StartElement:
		p = xmlPiece{begins: true, ends: s.text[s.at-2] == '/', tag: t.Name.Local}
	case xml.EndElement:
		p = xmlPiece{ends: true, tag: t.Name.Local}
	case xml.CharData:
		p.text = string(t)
	}
	return p, nil
}

// line returns the line of an offset in the file, counted from 1.
func (s *xmlScanner) line(at int) int { return 1 + strings.Count(s.text[:at], "\n") }

// error returns an error about the piece that was read last.
func (s *xmlScanner) error(text string) error {
	return &XMLError{File: s.file, Line: s.line(s.at), Err: errors.New("not XML: " + text)}
}

// notXML returns err without its line number, which the [XMLError] around it has.
func notXML(err error) error {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return errors.New("not XML: " + syntax.Msg)
	}
	return err
}
