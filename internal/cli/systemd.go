package cli

import (
	"context"
	"log/slog"

	"github.com/coreos/go-systemd/v22/daemon"
)

// tellSystemd tells systemd that the manager is ready and, when ctx ends, that it is
// stopping, if it runs as a unit with Type=notify. end ends that.
func tellSystemd(ctx context.Context, log *slog.Logger) (end func()) {
	notify := func(state string) {
		if _, err := daemon.SdNotify(false, state); err != nil {
			log.Warn("systemd cannot be told how the manager is: with Type=exec in the unit it does not wait for that", "error", err)
		}
	}
	notify(daemon.SdNotifyReady)
	stop := context.AfterFunc(ctx, func() { notify(daemon.SdNotifyStopping) })
	return func() { stop() }
}
