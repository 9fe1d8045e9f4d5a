package sal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"
)

// XMLError reports an error in a file of definitions.
type XMLError struct {
	File    string // path in the folder
	Line    int    // 0 if the error concerns the whole file
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

// Unwrap returns the cause.
func (e *XMLError) Unwrap() error { return e.Err }

// element is one element of a file of definitions, which uses elements and text
// only, no attributes. A large file has a hundred thousand of them, so they are
// linked to each other and their line is worked out only when needed.
type element struct {
	in          *xmlScanner
	parent      *element
	first, next *element // child, and child of the same parent
	tag         string
	text        string // own text, without that of the children
	at          int    // offset of the beginning in the file
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
	var text strings.Builder
	if info, err := f.Stat(); err == nil {
		text.Grow(int(min(info.Size(), maxXMLBytes)))
	}
	if _, err := io.Copy(&text, io.LimitReader(f, maxXMLBytes+1)); err != nil {
		return nil, err
	}
	if text.Len() > maxXMLBytes {
		return nil, &XMLError{File: file, Err: fmt.Errorf("larger than %d MB", maxXMLBytes>>20)}
	}
	return parseXML(&xmlScanner{file: file, text: text.String()})
}

// openElement is an element whose end has not been read yet.
type openElement struct {
	*element
	last  *element // last child
	texts []string
}

func parseXML(s *xmlScanner) (*element, error) {
	var stack [maxXMLDepth + 1]openElement
	stack[0].element = &element{in: s}
	depth := 0
	var spare []element
	for s.more() {
		at := s.at
		p, err := s.next()
		if err != nil {
			return nil, err
		}
		open := &stack[depth]
		if p.text != "" {
			open.texts = append(open.texts, p.text)
		}
		if p.begins {
			if len(spare) == 0 {
				spare = make([]element, 128) // allocating them one by one is slow
			}
			e := &spare[0]
			spare = spare[1:]
			*e = element{in: s, parent: open.element, tag: p.tag, at: at}
			if depth == maxXMLDepth {
				return nil, e.errorf("elements nested more than %d deep", maxXMLDepth)
			}
			open.add(e)
			depth++
			open = &stack[depth]
			open.element, open.last, open.texts = e, nil, open.texts[:0]
		}
		if p.ends {
			if depth == 0 || p.tag != open.tag {
				return nil, s.error("unexpected end element </" + p.tag + ">")
			}
			open.end()
			depth--
		}
	}
	if depth > 0 {
		return nil, s.error("unexpected EOF")
	}
	root := stack[0].first
	if root == nil || root.next != nil {
		return nil, &XMLError{File: s.file, Err: errors.New("not XML: it has no root element, or several")}
	}
	return root, nil
}

func (o *openElement) add(child *element) {
	if o.last == nil {
		o.first = child
	} else {
		o.last.next = child
	}
	o.last = child
}

// end sets the text of the element. White space between children is dropped.
func (o *openElement) end() {
	isText := func(s string) bool { return strings.TrimSpace(s) != "" }
	if o.first == nil || slices.ContainsFunc(o.texts, isText) {
		o.text = strings.Join(o.texts, "")
	}
}

// children yields the elements directly in this one, in order.
func (e *element) children() iter.Seq[*element] {
	return func(yield func(*element) bool) {
		for c := e.first; c != nil && yield(c); c = c.next {
		}
	}
}

// child returns the first child with a tag, nil if there is none.
func (e *element) child(tag string) *element {
	for c := range e.children() {
		if c.tag == tag {
			return c
		}
	}
	return nil
}

// value returns the text of a child, empty if there is none. The text is a copy, so
// that it does not keep the whole file in memory.
func (e *element) value(tag string) string {
	if c := e.child(tag); c != nil {
		return strings.Clone(c.text)
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
	return &XMLError{File: e.in.file, Line: e.in.line(e.at), Element: e.path(), Err: fmt.Errorf(format, args...)}
}
