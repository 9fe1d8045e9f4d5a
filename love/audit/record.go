package audit

import "time"

// The actions of a [Record].
const (
	LogIn        = "log-in"
	LogOut       = "log-out"
	UserSwapped  = "swap of users" // another user took over a session
	TokenIssued  = "token issued"
	TokenRevoked = "token revoked"
	TokenExpired = "token expired"
	KeyRotated   = "signing key changed"

	UserAdded         = "user added"
	UserChanged       = "user changed"
	UserRemoved       = "user removed"
	UserEnabled       = "user enabled"
	UserDisabled      = "user disabled"
	UsersImported     = "users imported"
	FrontendImported  = "frontend data imported"
	PasswordSet       = "password set"
	PermissionGranted = "permission granted"
	PermissionRevoked = "permission revoked"
	GroupChanged      = "group changed"
	GroupRemoved      = "group removed"

	Forbidden         = "forbidden"
	AuthorityTaken    = "authority taken"
	AuthorityReleased = "authority released"
)

// The outcomes of a [Record].
const (
	Done    = "done"
	Refused = "refused" // it was not allowed, or wrong
	Failed  = "failed"  // it should have worked
)

// Record is who did what to whom, from where, and how it went. It never holds
// a password or a token.
type Record struct {
	Time    time.Time
	Actor   string // user name, or the program that acted: "loved user"
	Address string // network address of the actor; empty: the manager's own machine
	Action  string // one of the actions above
	Subject string // the user, group, token ID … that it was done to
	Outcome string // Done, Refused or Failed
	Detail  string // for people
}
