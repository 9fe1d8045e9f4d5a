// Command loved is LOVE's back end in one binary, one subcommand per role:
//
//	loved demo                       a whole observatory, simulated, in one process
//	loved manager                    the manager: HTTP, websockets, log-in
//	loved producer COMPONENT…        publishes components to a manager
//	loved commander                  the commander: commands over HTTP, for a manager
//
// tools for a running manager:
//
//	loved sub GROUP…                 prints what groups receive
//	loved cmd CSC COMMAND …          commands a component
//	loved commands                   shows who commanded what, and the outcome
//	loved authority                  shows, takes and releases authority over commands
//	loved approve, dismiss ID        decides on a command that waits for a second person
//	loved pub CATEGORY CSC …         publishes one message
//	loved record GROUP…              records what groups receive
//	loved replay FILE…               publishes recorded messages
//	loved history CSC TOPIC FIELD…   shows how fields went, and which events there were
//	loved token NAME                 prints a token for scripts
//	loved bench                      puts load on a manager and measures it
//
// and for what is around it:
//
//	loved sal                        looks at the SAL bus, and writes to it
//	loved user                       adds, changes and lists users in the database
//	loved import-django FILE         imports the users of a Python manager
//	loved export                     writes users and groups as JSON
//	loved check                      tests a manager's settings and what it depends on
//	loved config                     prints the settings in force, and where each comes from
//	loved example FILE               prints files for systemd, Compose, Kubernetes, nginx …
//	loved version                    prints the version
//	loved completion SHELL           prints a script that lets a shell complete names
//
// A flag whose help shows a [$VARIABLE] can be set by it, and most can be set in a
// YAML file (--config); a flag counts before a variable, a variable before the file. The exit status is 0 when the work is done, 1 for a failure and 2 for
// wrong usage. An interrupt drains; the status is 0 then only for a command that
// runs until it is interrupted. A second one exits at once.
package main
