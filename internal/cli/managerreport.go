package cli

import (
	"context"
	"log/slog"

	"github.com/rubin-love/love-go/internal/mask"
	"github.com/rubin-love/love-go/love/server"
)

// report logs what the manager works with.
func (f *managerFlags) report(ctx context.Context, s *server.Server, machine resources, log *slog.Logger) {
	database := log.With("address", mask.Address(f.database.address))
	switch users, err := s.Users().Store().Accounts(ctx); {
	case err != nil:
		database.Warn("database: the users cannot be read", "error", err)
	case len(users) == 0:
		database.Warn("database: there are no users yet, so nobody can log in: " + addUsers)
	default:
		database.Info("database", "users", len(users))
	}
	switch {
	case f.client.address == "":
		log.Info("no commander: commands are refused; name one with --commander")
	case f.heartbeats:
		log.Info("commander: waiting for its heartbeat", "address", mask.Address(f.client.address))
	default:
		log.Info("commander", "address", mask.Address(f.client.address))
	}
	f.services.report(log)
	if f.frontend.dir != "" {
		log.Info("frontend", "folder", f.frontend.dir)
	}
	if f.archive.dir == "" {
		log.Info("no archive: nothing is recorded; name a folder with --archive")
	}
	for _, name := range f.efds.names() {
		log.Info("EFD", "name", name, "address", f.efds.shown[name])
	}
	limits := []any{"clients", f.limits.sessions(machine), "file descriptors", machine.descriptors}
	for _, field := range f.limits.fields() {
		if field.isGiven() {
			limits = append(limits, field.name, field.String())
		}
	}
	log.Info("limits", limits...)
}
