// Package loglevel gives a logger a higher level.
package loglevel

import (
	"context"
	"log/slog"
)

// Above returns a logger that writes what l does, from a level on.
func Above(l *slog.Logger, level slog.Leveler) *slog.Logger {
	return slog.New(levelHandler{l.Handler(), level})
}

type levelHandler struct {
	slog.Handler
	level slog.Leveler
}

func (h levelHandler) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= h.level.Level() && h.Handler.Enabled(ctx, l)
}

func (h levelHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return levelHandler{h.Handler.WithAttrs(attrs), h.level}
}

func (h levelHandler) WithGroup(name string) slog.Handler {
	return levelHandler{h.Handler.WithGroup(name), h.level}
}
