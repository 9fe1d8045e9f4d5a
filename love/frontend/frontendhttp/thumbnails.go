package frontendhttp

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/rubin-love/love-go/love/frontend"
	"github.com/rubin-love/love-go/love/manager"
)

const thumbnailsPath = "/manager/media/thumbnails/"

// thumbnailRoute serves the pictures of views to anybody: browsers send no token.
func (a *API) thumbnailRoute() manager.Route {
	return manager.Route{Path: thumbnailsPath + ":name", Public: true, Methods: map[string]manager.Method{
		http.MethodGet: {Handler: a.handle(a.thumbnail)},
	}}
}

// thumbnail serves a picture. Another picture has another name, so it can be kept for
// ever.
func (a *API) thumbnail(w http.ResponseWriter, r *http.Request) error {
	v := frontend.ParseFileName(manager.Param(r, "name"))
	if v.ID == 0 {
		return errNotFound
	}
	p, err := a.store.Views().Picture(r.Context(), v.ID)
	if err != nil {
		return err
	}
	if v.Picture.Number != p.Number || v.Picture.Type != p.Type {
		return errNotFound
	}
	h, sum := w.Header(), sha256.Sum256(p.Content)
	h.Set("ETag", `"`+hex.EncodeToString(sum[:12])+`"`)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Type", "image/"+p.Type)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox") // should a browser take it for a page
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p.Content))
	return nil
}

// picture reads a picture as a data URI. Anything else that is a text, and null, is no
// picture.
func (in *input) picture(name string) given[frontend.Picture] {
	if value, ok := in.members[name]; ok && string(value) == "null" {
		return given[frontend.Picture]{ok: true}
	}
	uri := in.text(name)
	if !uri.ok || !strings.HasPrefix(uri.value, "data:") {
		return given[frontend.Picture]{ok: uri.ok}
	}
	content, err := frontend.DecodeDataURI(uri.value)
	if err != nil {
		in.fail(name, sentence(err))
		return given[frontend.Picture]{}
	}
	kind, err := frontend.PictureType(content)
	if err != nil {
		in.fail(name, sentence(err))
		return given[frontend.Picture]{}
	}
	return given[frontend.Picture]{frontend.Picture{Type: kind, Content: content}, true}
}
