package salxml

import "fmt"

// Error reports what is wrong in a file of definitions.
type Error struct {
	File    string // path in the folder
	Line    int    // 0 if the error concerns the whole file
	Element string // the element, as in "SALEvent/item/Count"; may be empty
	Err     error
}

// Error implements error.
func (e *Error) Error() string {
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
func (e *Error) Unwrap() error { return e.Err }
