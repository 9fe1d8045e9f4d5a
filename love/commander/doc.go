// Package commander executes commands: [Commander] takes what the manager
// relays and returns the component's acknowledgement. A team plugs its own by
// implementing that one method; [SAL] is the one that speaks to components
// through a sal.Domain.
package commander
