package manager

import (
	_ "embed"
	"net/http"
)

// openAPIDocument describes every route; tests compare the manager with it.
//
//go:embed openapi.yaml
var openAPIDocument []byte

func openAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/yaml")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(openAPIDocument) // the client may have gone
}
