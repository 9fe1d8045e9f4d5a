package cli

import (
	"log/slog"
	"maps"
	"net/http"

	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/history/efdhttp"
)

// efdAPI returns the EFD part of a LOVE-commander's API, over the EFDs and the archive in
// a folder; empty for none.
func efdAPI(efds *efdFlags, folder string, log *slog.Logger) http.Handler {
	sources := map[string]history.Source{}
	maps.Copy(sources, efds.sources)
	if folder != "" {
		sources[archiveSource] = archive.NewReader(folder)
	}
	return efdhttp.New(efdhttp.Config{Sources: sources, Log: log})
}
