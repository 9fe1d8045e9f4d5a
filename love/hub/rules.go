package hub

import "github.com/rubin-love/love-go/internal/wire"

// The rules that a message can break, beyond those of package wire.
var (
	errBinary    = &wire.RuleError{Key: "message", Rule: "must be a text frame, not a binary one"}
	errPublish   = &wire.RuleError{Key: "category", Rule: "may not be published by this connection: a user's publishes only observing logs, and only with the permission to command"}
	errNoPublish = &wire.RuleError{Key: "category", Rule: "may not be published by this connection: a user's publishes nothing"}

	errCategory    = &wire.RuleError{Key: "category", Rule: "must be there, and a text"}
	errCSC         = &wire.RuleError{Key: "csc", Rule: "must be a text"}
	errStream      = &wire.RuleError{Key: "stream", Rule: "must be a text"}
	errSalIndex    = &wire.RuleError{Key: "salindex", Rule: `must be a number or a text such as "all"`}
	errOption      = &wire.RuleError{Key: "option", Rule: "must be a text"}
	errAction      = &wire.RuleError{Key: "action", Rule: "must be a text"}
	errRequestTime = &wire.RuleError{Key: "request_time", Rule: "is missing: it is returned with the answer"}
	errGroupName   = &wire.RuleError{Key: "stream", Rule: "and the other names are too long together"}
	errSnapshot    = &wire.RuleError{Key: "snapshot", Rule: "must be true or false"}
	errSeq         = &wire.RuleError{Key: "seq", Rule: "must be true or false"}
	errMaxRate     = &wire.RuleError{Key: "max_rate", Rule: "must be a number of messages per second, from 0.01 to 1000000"}
	errHistory     = &wire.RuleError{Key: "history", Rule: "must be a number of seconds, from 0 to 86400"}
	errHistoryOf   = &wire.RuleError{Key: "history", Rule: "is for one stream: name its csc, salindex and stream"}
	errHistories   = &wire.RuleError{Key: "history", Rule: "was asked for too often: try again in some seconds, or subscribe without one"}
	errSnapshots   = &wire.RuleError{Key: "snapshot", Rule: "was asked for too often: try again in some seconds, or subscribe without one"}
	errMemory      = &wire.RuleError{Key: "option", Rule: "would exceed the memory for subscriptions: leave something first, or use shorter names"}
	errTooMany     = &wire.RuleError{Key: "option", Rule: "would exceed what one connection may have: leave something first"}
)
