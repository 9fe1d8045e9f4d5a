// Package audit records who did what, to whom, from where, and how it went.
//
// An [Auditor] writes each [Record] to a [Log] and to the log of the process. A
// [MemoryLog] keeps records for the life of the process; package store keeps
// them in a database. A [Throttle] prevents events that anybody can cause from
// filling the log.
package audit
