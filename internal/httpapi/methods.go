package httpapi

import "net/http"

// Methods maps the methods of a path to what answers them.
type Methods[F any] map[string]F

// Find returns what answers a method. HEAD is answered as GET: net/http leaves
// the body out.
func (m Methods[F]) Find(method string) (F, bool) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	f, ok := m[method]
	return f, ok
}

// Allowed returns the methods of the table, without HEAD.
func (m Methods[F]) Allowed() (list []string) {
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if _, ok := m[method]; ok {
			list = append(list, method)
		}
	}
	return list
}
