package jsoncache_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/rubin-love/love-go/internal/jsoncache"
)

// The second request names the ETag of the first answer.
func ExampleCache() {
	var cache jsoncache.Cache
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = cache.Serve(w, r, "topics", []byte(`{"ATDome":{}}`)) // a client that has gone
	})
	r := httptest.NewRequest("GET", "/", nil)
	for range 2 {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Body)
		r.Header.Set("If-None-Match", w.Header().Get("ETag"))
	}
	// Output:
	// 200 {"ATDome":{}}
	// 304
}
