package dashboard_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/rubin-love/love-go/love/dashboard"
)

func Example() {
	page := dashboard.New(dashboard.Info{Version: "v1.0.0", Runs: []string{"a manager with LDAP"}})
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", page)
	mux.Handle("GET /page/", page)

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/page/info.json", nil))
	fmt.Println(w.Code, strings.Contains(w.Body.String(), "a manager with LDAP"))
	// Output: 200 true
}
