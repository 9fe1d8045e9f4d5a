package client

import (
	"errors"
	"fmt"

	"github.com/gobwas/ws"
)

// The errors on which a caller can decide what to do.
var (
	// ErrRefused: the manager does not accept the credential (HTTP 401 or 403).
	ErrRefused = errors.New("the manager refuses the credential")
	// ErrTokenInvalid: the manager closed the connection with code 1000, which
	// means that the token was deleted or has expired. Log in again.
	ErrTokenInvalid = errors.New("the token is no longer valid: log in again")
	// ErrNotConnected: there is no connection at present.
	ErrNotConnected = errors.New("not connected to the manager")
	// ErrNotRunning: nobody has called [Client.Run], which connects.
	ErrNotRunning = errors.New("nobody runs the client: call Client.Run, in a goroutine of its own")
	// ErrClosed: [Client.Run] has ended, so nothing can be sent or received; or the
	// subscription has.
	ErrClosed = errors.New("the connection to the manager is closed")
	// ErrCredentials: the log-in was refused; user name or password is wrong.
	ErrCredentials = errors.New("user name or password is wrong")
)

// HandshakeError is an answer of the manager that refuses the websocket
// handshake. It is [ErrRefused] when the status is 401 or 403.
type HandshakeError struct {
	Status int // HTTP
}

func (e *HandshakeError) Error() string {
	switch e.Status {
	case 401, 403:
		return fmt.Sprintf("%v (HTTP %d): check the token or the process password", ErrRefused, e.Status)
	case 404:
		return "no LOVE manager's websocket at this path (HTTP 404): check the URL"
	}
	return fmt.Sprintf("the manager answered the websocket handshake with HTTP %d", e.Status)
}

// Is makes errors.Is(err, ErrRefused) work.
func (e *HandshakeError) Is(target error) bool {
	return target == ErrRefused && (e.Status == 401 || e.Status == 403)
}

// CloseError is the end of a connection by a close frame of the manager.
type CloseError struct {
	Code   ws.StatusCode // 0 if the frame had none
	Reason string
}

func (e *CloseError) Error() string {
	switch {
	case e.Code == 0:
		return "the manager closed the connection"
	case e.Reason == "":
		return fmt.Sprintf("the manager closed the connection (code %d)", e.Code)
	}
	return fmt.Sprintf("the manager closed the connection (code %d: %q)", e.Code, e.Reason)
}

// HTTPError is an answer of the manager that refuses an HTTP request. It is
// [ErrRefused] when the status is 401 or 403, and [ErrCredentials] when it is
// 400 for a log-in.
type HTTPError struct {
	Request string // method and path, without credentials
	Status  int
	Text    string // of the answer
	login   bool
}

func (e *HTTPError) Error() string {
	switch {
	case e.Is(ErrCredentials):
		return ErrCredentials.Error()
	case e.Is(ErrRefused):
		return fmt.Sprintf("%s: HTTP %d: %s: log in again, or as a user with the permission", e.Request, e.Status, e.Text)
	case e.Status >= 300 && e.Status < 400:
		return fmt.Sprintf("%s: HTTP %d: the manager is elsewhere: %s", e.Request, e.Status, e.Text)
	}
	return fmt.Sprintf("%s: HTTP %d: %s", e.Request, e.Status, e.Text)
}

// Is makes errors.Is work for [ErrRefused] and [ErrCredentials].
func (e *HTTPError) Is(target error) bool {
	switch target {
	case ErrRefused:
		return e.Status == 401 || e.Status == 403
	case ErrCredentials:
		return e.login && e.Status == 400
	}
	return false
}
