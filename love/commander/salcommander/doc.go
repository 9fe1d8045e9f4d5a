// Package salcommander executes commands over SAL: a [Commander] checks each
// against the component's definition, sends it through a [sal.Domain] and
// returns the component's acknowledgement. It also tells which topics the
// components have.
package salcommander
