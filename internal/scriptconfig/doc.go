// Package scriptconfig checks the configuration of a script, a YAML text, against the
// script's JSON Schema, which is a YAML text too, as the script queue's panel of the
// LOVE-frontend shows it (docs/protocol/manager.md#checking-a-script-configuration).
//
// Scripts read YAML 1.1, in which "yes" is a boolean and "1e3" a text, so that is how it
// is read here. Both texts may come from anybody who has logged in: what an alias stands
// for, the depth, patterns and the time of a check are bounded, and nothing is fetched.
package scriptconfig
