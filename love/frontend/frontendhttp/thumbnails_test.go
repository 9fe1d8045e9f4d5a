package frontendhttp_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/server"
)

// pictures are pictures by their type. The WebP is one pixel, lossless.
func pictures(t testing.TB) map[string]string {
	t.Helper()
	small := image.NewPaletted(image.Rect(0, 0, 2, 2), []color.Color{color.Black, color.White})
	var p, j, g bytes.Buffer
	require.NoError(t, png.Encode(&p, small))
	require.NoError(t, jpeg.Encode(&j, small, nil))
	require.NoError(t, gif.Encode(&g, small, nil))
	webp, err := base64.StdEncoding.DecodeString("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
	require.NoError(t, err)
	return map[string]string{"png": p.String(), "jpg": j.String(), "gif": g.String(), "webp": string(webp)}
}

func dataURI(content string) string {
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte(content))
}

func TestThumbnails_AreServedToAnybodyAndKeptForEver(t *testing.T) {
	h := newHarness(t)
	u, nobody := h.as("user"), h.as("")
	for extension, content := range pictures(t) {
		v := u.must(201, "POST", views, `{"name": "a", "thumbnail": "`+dataURI(content)+`"}`).object()
		path := v["thumbnail"].(string)
		require.Regexp(t, `^/manager/media/thumbnails/view_\d+\.`+extension+`$`, path)
		require.Contains(t, u.must(200, "GET", summaries, "").body, path)
		got := nobody.call("GET", path, "")
		require.Equal(t, 200, got.StatusCode)
		require.Equal(t, content, got.body)
		require.Equal(t, "image/"+strings.Replace(extension, "jpg", "jpeg", 1), got.Header.Get("Content-Type"))
		require.Equal(t, "public, max-age=31536000, immutable", got.Header.Get("Cache-Control"))
		require.Equal(t, 304, nobody.call("GET", path, "", "If-None-Match", got.Header.Get("ETag")).StatusCode)
		head := nobody.call("HEAD", path, "")
		require.Equal(t, 200, head.StatusCode)
		require.Empty(t, head.body)
		require.Equal(t, 200, nobody.call("GET", path, "", "Authorization", "Token unknown").StatusCode)
	}
}

func TestThumbnails_HaveANewNameWhenTheyChange(t *testing.T) {
	h := newHarness(t)
	u := h.as("user")
	all := pictures(t)
	path := u.must(201, "POST", views, `{"name": "a", "thumbnail": "`+dataURI(all["png"])+`"}`).object()["thumbnail"].(string)
	require.Equal(t, "/manager/media/thumbnails/view_5.png", path)
	patch := func(body string) any { return u.must(200, "PATCH", views+"5/", body).object()["thumbnail"] }
	require.Equal(t, path, patch(`{"name": "b"}`), "it is not mentioned")
	second := "/manager/media/thumbnails/view_5_2.png"
	require.Equal(t, second, patch(`{"thumbnail": "`+dataURI(all["png"])+`"}`))
	require.Equal(t, 404, u.call("GET", path, "").StatusCode)
	require.Equal(t, all["png"], u.must(200, "GET", second, "").body)
	for _, removes := range []string{`null`, `""`, `"` + second + `"`, `"http://example.org/x.png"`} {
		require.Nil(t, patch(`{"thumbnail": `+removes+`}`), "the frontend sends null whenever it saves")
		require.Equal(t, 404, u.call("GET", second, "").StatusCode)
	}
	require.Equal(t, "/manager/media/thumbnails/view_5_3.gif", patch(`{"thumbnail": "`+dataURI(all["gif"])+`"}`))
	u.must(204, "DELETE", views+"5/", "")
	require.Equal(t, 404, u.call("GET", "/manager/media/thumbnails/view_5_3.gif", "").StatusCode)
}

func TestThumbnails_HaveThePrefixOfTheManager(t *testing.T) {
	h := newHarness(t, func(c *server.Config) { c.URLPrefix = "/love/" })
	h.doc = nil
	got := h.Manager
	got.URL += "/love"
	u := h.as("user")
	path := u.must(201, "POST", views, `{"name": "a", "thumbnail": "`+dataURI(pictures(t)["png"])+`"}`).object()["thumbnail"]
	require.Equal(t, "/love/manager/media/thumbnails/view_5.png", path)
	require.Equal(t, 200, u.call("GET", strings.TrimPrefix(path.(string), "/love"), "").StatusCode)
}

// pngOf returns the beginning of a PNG that claims to have a size.
func pngOf(t *testing.T, width, height uint32) string {
	content := []byte(pictures(t)["png"])
	binary.BigEndian.PutUint32(content[16:], width)
	binary.BigEndian.PutUint32(content[20:], height)
	binary.BigEndian.PutUint32(content[29:], crc32.ChecksumIEEE(content[12:29]))
	return string(content)
}

func TestThumbnails_ThatAreHostileAreRefused(t *testing.T) {
	h := newHarness(t)
	u := h.as("user")
	svg := `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`
	for thumbnail, want := range map[string]string{
		"data:image/png;base64,!!!":            "The picture is not encoded in base64.",
		"data:image/png;base64,AAAA":           "This is not a picture: give a PNG, JPEG, GIF or WebP file.",
		"data:image/png;base64,":               "This is not a picture: give a PNG, JPEG, GIF or WebP file.",
		"data:image/png,x":                     "A picture has to begin with data:image/png;base64, or the like.",
		"data:":                                "A picture has to begin with data:image/png;base64, or the like.",
		dataURI(svg):                           "This is not a picture: give a PNG, JPEG, GIF or WebP file.",
		dataURI("<html>" + pictures(t)["png"]): "This is not a picture: give a PNG, JPEG, GIF or WebP file.",
		dataURI("RIFF\x04\x00\x00\x00WEBP"):    "This is not a picture: give a PNG, JPEG, GIF or WebP file.",
		dataURI(pngOf(t, 100_000, 100_000)):    "The picture is 100000 pixels wide and 100000 high: it may have 1 to 8192.",
		dataURI(pngOf(t, 8193, 1)):             "The picture is 8193 pixels wide and 1 high: it may have 1 to 8192.",
		dataURI(string(make([]byte, 4<<20+1))): "The picture has more than 4194304 bytes.",
		dataURI(pictures(t)["png"][:20]):       "This is not a picture: give a PNG, JPEG, GIF or WebP file.",
	} {
		for method, path := range map[string]string{"POST": views, "PUT": views + "1/"} {
			got := u.call(method, path, `{"name": "a", "thumbnail": "`+thumbnail+`"}`)
			require.Equal(t, 400, got.StatusCode, got.body)
			require.JSONEq(t, `{"thumbnail": ["`+want+`"]}`, got.body)
		}
	}
	for _, name := range []string{"view_1.png", "view_5.svg", "view_.png", "view_5_1.png", "view_05.png", "x", "..%2fview_5.png", "view_5.png%00", "view_5_2_3.png", "view_99.png"} {
		require.Equal(t, 404, u.call("GET", "/manager/media/thumbnails/"+name, "").StatusCode, name)
	}
	u.must(200, "GET", views+"1/", "").requireJSON(200, u.must(200, "GET", views+"1/", "").body)
}
