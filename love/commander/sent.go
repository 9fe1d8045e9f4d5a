package commander

import "context"

type sentKey struct{}

// WithSent returns a context for a command, whose [Sent] calls sent.
func WithSent(ctx context.Context, sent func() context.Context) context.Context {
	return context.WithValue(ctx, sentKey{}, sent)
}

// Sent reports that a command has left, so that the component may have it, and
// returns the context in which to wait for the answer. That may outlive ctx: ctx ends
// when the caller is answered, and a command that has not left by then must never
// leave; but the answer to one that has left is worth waiting for, because the record
// shows it (see package record). A [Commander] that never calls Sent gives up its
// commands when ctx ends.
func Sent(ctx context.Context) context.Context {
	if sent, ok := ctx.Value(sentKey{}).(func() context.Context); ok {
		return sent()
	}
	return ctx
}
