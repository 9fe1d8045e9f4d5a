// Package cells holds the values of samples in the form in which package sal keeps
// them, so that the bus drivers of this module encode and decode samples without
// converting each value.
package cells

// Cell is the value of one field: a scalar number or boolean in Bits, a string in
// Text, an array in List. The type of the field decides which of the three is in
// use. Unlike an interface value this needs no allocation for a number.
type Cell struct {
	Bits uint64 // of an int64, of a float64 (also for the type float), or 0 and 1
	Text string
	List any // []bool, []int64 or []float64
}

// null marks a cell without a value when it takes the place of the list.
type null struct{}

// IsNull reports whether the cell has no value.
func (c *Cell) IsNull() bool {
	_, is := c.List.(null)
	return is
}

// SetNull makes it a cell without a value.
func (c *Cell) SetNull() { *c = Cell{List: null{}} }

// What follows is set by package sal. These are variables here, not exported
// functions there, because they are not for users of the module.
var (
	// Of returns the cells of a *sal.Sample, one for each field of its topic. They
	// must not be modified.
	Of func(sample any) []Cell
	// NewSample returns a *sal.Sample of a *sal.Topic with the cells, one for each
	// field. Values are not checked.
	NewSample func(topic any, of []Cell) (sample any)
)
