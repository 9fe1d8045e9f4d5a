// Command loved is LOVE's back end in one binary, one subcommand per role:
//
//	loved demo                  a whole observatory, simulated, in one process
//	loved manager               the manager: HTTP, websockets, log-in
//	loved producer COMPONENT…   publishes components to a manager
//	loved sub GROUP…            prints what a group receives
//	loved cmd CSC COMMAND …     commands a component
//	loved pub, replay           publish one message, or recorded ones
//	loved token NAME            prints a token for scripts
//
// Every flag is an environment variable too; the flag counts first. The exit
// status is 0 when the work is done, 1 for a failure and 2 for wrong usage.
// An interrupt drains and exits 0; a second one exits at once.
package main
