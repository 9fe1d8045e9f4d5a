package cli

import (
	"cmp"
	"log/slog"
	"maps"
	"net/http"

	"github.com/rubin-love/love-go/love/external"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/history/efdhttp"
)

// siteEFDs are the EFDs of the sites other than the summit. They are built into the
// LOVE-frontend, which asks for no other.
var siteEFDs = map[string]string{"base": "base_efd", "tucson": "tucson_teststand_efd"}

// siteEFD is the EFD of the site that the environment names.
func siteEFD(env func(string) (string, bool)) string {
	site, _ := env("LOVE_SITE")
	return cmp.Or(siteEFDs[site], external.DefaultEFDInstance)
}

// efdAPI returns the EFD part of a LOVE-commander's API, over the EFDs and the archive in
// a folder; empty for none. The archive also stands in for the EFD of the site if that is
// not among them.
func efdAPI(efds *efdFlags, folder, site string, log *slog.Logger) http.Handler {
	return efdhttp.New(efdhttp.Config{Sources: efdSources(efds.sources, folder, site), Log: log})
}

func efdSources(efds map[string]history.Source, folder, site string) map[string]history.Source {
	sources := map[string]history.Source{}
	maps.Copy(sources, efds)
	if folder == "" {
		return sources
	}
	past := archive.NewReader(folder)
	sources[archiveSource] = past
	if sources[site] == nil {
		sources[site] = past
	}
	return sources
}
