// Package enums has the enumerations of single components as Go types: states of
// scripts, places in a script queue, severities of alarms. Programs depend on these
// numbers; the definition of a component spells some of the names differently.
//
// The state that every CSC has is
// [github.com/rubin-love/love-go/love/sal.SummaryState].
package enums
