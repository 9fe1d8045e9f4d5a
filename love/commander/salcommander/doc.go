// Package salcommander executes commands over SAL: a [Commander] checks each
// against the component's definition, sends it through a [sal.Domain] and
// returns the component's acknowledgement. It also lists the components' topics.
package salcommander
