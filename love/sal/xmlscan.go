package sal

import (
	"encoding/xml"
	"errors"
	"strings"
)

// xmlScanner reads a file of definitions piece by piece. Nearly all of a file
// are tags without attributes and texts without entities; those it reads
// itself. Everything else, mistakes included, is left to encoding/xml, which
// knows all of XML and takes several times as long.
type xmlScanner struct {
	file string
	text string
	at   int // where the next piece begins
}

// xmlPiece is a tag or a text: one of <tag>, </tag>, <tag/> and what stands
// between them. Comments and the like are texts that are empty.
type xmlPiece struct {
	begins, ends bool
	tag, text    string // parts of the file, which they keep in memory
}

// more tells whether there is another piece.
func (s *xmlScanner) more() bool { return s.at < len(s.text) }

// next reads a piece; there has to be one.
func (s *xmlScanner) next() (xmlPiece, error) {
	p, length := plainPiece(s.text[s.at:])
	if length == 0 {
		return s.other()
	}
	s.at += length
	return p, nil
}

// plainPiece reads the piece at the beginning of the text, if it is plain; its
// length is 0 if not.
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

// isPlain tells whether a text stands for itself. The bracket may be part of
// what XML forbids in a text.
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

// other has encoding/xml read the next piece. It does so as raw tokens: name
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

// line is the line of a place in the file, counted from 1.
func (s *xmlScanner) line(at int) int { return 1 + strings.Count(s.text[:at], "\n") }

// error is about the piece that was read last.
func (s *xmlScanner) error(text string) error {
	return &XMLError{File: s.file, Line: s.line(s.at), Err: errors.New("not XML: " + text)}
}

// notXML leaves the line number to the error that is made of it.
func notXML(err error) error {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return errors.New("not XML: " + syntax.Msg)
	}
	return err
}
