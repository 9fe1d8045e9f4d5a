package sal

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// XMLError is what is wrong with a file of definitions.
type XMLError struct {
	File    string // path in the folder
	Line    int    // 0 if it concerns the whole file
	Element string // the element, as in "SALEvent/item/Count"; may be empty
	Err     error
}

// Error implements error.
func (e *XMLError) Error() string {
	where := e.File
	if e.Line > 0 {
		where = fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	if e.Element != "" {
		where += ", element " + e.Element
	}
	return fmt.Sprintf("%s: %v", where, e.Err)
}

// Unwrap gives the cause.
func (e *XMLError) Unwrap() error { return e.Err }

// element is one element of a file of definitions: those use elements and
// text only, no attributes.
type element struct {
	file     string
	parent   *element
	tag      string
	line     int
	text     string // of its own, without that of its children
	children []*element
}

// Bounds for files from outside; real ones stay below a tenth of both.
const (
	maxXMLBytes = 64 << 20
	maxXMLDepth = 16
)

// readXML reads a file into its elements.
func readXML(folder fs.FS, file string) (*element, error) {
	f, err := folder.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxXMLBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxXMLBytes {
		return nil, &XMLError{File: file, Err: fmt.Errorf("larger than %d MB", maxXMLBytes>>20)}
	}
	d := xml.NewDecoder(bytes.NewReader(text))
	root, err := parseXML(d, file)
	if err == nil {
		return root, nil
	}
	var already *XMLError
	if errors.As(err, &already) {
		return nil, already
	}
	line, _ := d.InputPos()
	return nil, &XMLError{File: file, Line: line, Err: notXML(err)}
}

// notXML leaves the line number to the error that is made of it.
func notXML(err error) error {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return errors.New("not XML: " + syntax.Msg)
	}
	return err
}

func parseXML(d *xml.Decoder, file string) (*element, error) {
	top := &element{file: file}
	open := []*element{top}
	texts := make([][]byte, maxXMLDepth+1) // of the open elements
	var spare []element
	for {
		// Raw tokens cost half: name spaces mean nothing in these files. That
		// tags match is then checked here.
		token, err := d.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		last := len(open) - 1
		switch t := token.(type) {
		case xml.StartElement:
			line, _ := d.InputPos()
			if len(spare) == 0 {
				spare = make([]element, 128) // one by one they cost
			}
			e := &spare[0]
			spare = spare[1:]
			*e = element{file: file, parent: open[last], tag: t.Name.Local, line: line}
			if last >= maxXMLDepth {
				return nil, e.errorf("elements nested more than %d deep", maxXMLDepth)
			}
			open[last].children = append(open[last].children, e)
			open = append(open, e)
			texts[last+1] = texts[last+1][:0]
		case xml.EndElement:
			if last == 0 || t.Name.Local != open[last].tag {
				return nil, &xml.SyntaxError{Msg: "unexpected end element </" + t.Name.Local + ">"}
			}
			if len(open[last].children) == 0 || len(bytes.TrimSpace(texts[last])) > 0 {
				open[last].text = string(texts[last])
			}
			open = open[:last]
		case xml.CharData:
			texts[last] = append(texts[last], t...)
		}
	}
	if len(open) > 1 {
		return nil, &xml.SyntaxError{Msg: "unexpected EOF"}
	}
	if len(top.children) != 1 {
		return nil, &XMLError{File: file, Err: errors.New("not XML: it has no root element, or several")}
	}
	return top.children[0], nil
}

// child finds the first child with a tag, nil if there is none.
func (e *element) child(tag string) *element {
	for _, c := range e.children {
		if c.tag == tag {
			return c
		}
	}
	return nil
}

// value is the text of a child; absent and empty are the same.
func (e *element) value(tag string) string {
	if c := e.child(tag); c != nil {
		return c.text
	}
	return ""
}

// required is the text of a child that must be there.
func (e *element) required(tag string) (string, error) {
	if v := e.value(tag); v != "" {
		return v, nil
	}
	return "", e.errorf("has no %s", tag)
}

// path is where the element stands, from below the root: "SALEvent/item".
func (e *element) path() string {
	if e.parent == nil || e.parent.parent == nil || e.parent.parent.parent == nil {
		return e.tag
	}
	return e.parent.path() + "/" + e.tag
}

func (e *element) errorf(format string, args ...any) error {
	return &XMLError{File: e.file, Line: e.line, Element: e.path(), Err: fmt.Errorf(format, args...)}
}
