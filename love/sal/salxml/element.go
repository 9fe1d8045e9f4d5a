package salxml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// element is one element of a file of definitions, which uses elements and text
// only, no attributes.
type element struct {
	file     string
	line     int // of its beginning
	parent   *element
	children []*element
	tag      string
	text     string // own text, without that of the children
}

// Bounds for files from outside; real ones stay below a tenth of both.
const (
	maxFileBytes = 64 << 20
	maxDepth     = 16
)

// readText reads a whole file.
func readText(folder fs.FS, file string) ([]byte, error) {
	f, err := folder.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxFileBytes {
		return nil, &Error{File: file, Err: fmt.Errorf("larger than %d MB", maxFileBytes>>20)}
	}
	return text, nil
}

// readXML reads a file and returns its root element.
func readXML(folder fs.FS, file string) (*element, error) {
	text, err := readText(folder, file)
	if err != nil {
		return nil, err
	}
	return parseXML(file, string(text))
}

// parseXML returns the root element of a text.
func parseXML(file, text string) (*element, error) {
	d := xml.NewDecoder(strings.NewReader(text))
	document := &element{file: file}
	open, depth := document, 0
	fail := func(err error) error {
		line, _ := d.InputPos()
		return &Error{File: file, Line: line, Err: err}
	}
	for {
		line, _ := d.InputPos()
		token, err := d.RawToken() // name spaces mean nothing in these files
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fail(notXML(err))
		}
		switch t := token.(type) {
		case xml.StartElement:
			e := &element{file: file, line: line, parent: open, tag: t.Name.Local}
			if depth++; depth > maxDepth {
				return nil, e.errorf("elements nested more than %d deep", maxDepth)
			}
			open.children = append(open.children, e)
			open = e
		case xml.CharData:
			if open.children == nil || !isSpace(t) {
				open.text += string(t)
			}
		case xml.EndElement:
			if open == document || t.Name.Local != open.tag {
				return nil, fail(fmt.Errorf("not XML: unexpected end element </%s>", t.Name.Local))
			}
			if open.children != nil && isSpace([]byte(open.text)) {
				open.text = "" // it only sets the first child off
			}
			open = open.parent
			depth--
		}
	}
	if open != document {
		return nil, fail(errors.New("not XML: unexpected EOF"))
	}
	if len(document.children) != 1 {
		return nil, &Error{File: file, Err: errors.New("not XML: it must have one root element")}
	}
	return document.children[0], nil
}

func isSpace(text []byte) bool { return len(bytes.TrimSpace(text)) == 0 }

// notXML returns err without its line number, which the [Error] around it has.
func notXML(err error) error {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return errors.New("not XML: " + syntax.Msg)
	}
	return err
}

// child returns the first child with a tag, nil if there is none.
func (e *element) child(tag string) *element {
	i := slices.IndexFunc(e.children, func(c *element) bool { return c.tag == tag })
	if i < 0 {
		return nil
	}
	return e.children[i]
}

// value returns the text of a child, empty if there is none.
func (e *element) value(tag string) string {
	if c := e.child(tag); c != nil {
		return c.text
	}
	return ""
}

// required returns the text of a child, or an error if it is missing or empty.
func (e *element) required(tag string) (string, error) {
	if v := e.value(tag); v != "" {
		return v, nil
	}
	return "", e.errorf("has no %s", tag)
}

// path returns the path of the element from below the root: "SALEvent/item".
func (e *element) path() string {
	if e.parent == nil || e.parent.parent == nil || e.parent.parent.parent == nil {
		return e.tag
	}
	return e.parent.path() + "/" + e.tag
}

func (e *element) errorf(format string, args ...any) error {
	return &Error{File: e.file, Line: e.line, Element: e.path(), Err: fmt.Errorf(format, args...)}
}
