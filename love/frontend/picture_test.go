package frontend_test

import (
	"bytes"
	"image"
	"image/png"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/frontend"
)

func pngFile(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 2))))
	return b.Bytes()
}

func TestFileNamesAreThoseOfOnePicture(t *testing.T) {
	for _, c := range []struct {
		id, number int64
		kind, name string
	}{
		{31, 1, "png", "view_31.png"}, {31, 2, "png", "view_31_2.png"}, {1, 12, "jpeg", "view_1_12.jpg"}, {7, 1, "webp", "view_7.webp"}, {7, 3, "", ""},
	} {
		v := frontend.View{Meta: frontend.Meta{ID: c.id}, Picture: frontend.Picture{Number: c.number, Type: c.kind}}
		require.Equal(t, c.name, v.FileName())
		if c.name != "" {
			require.Equal(t, v, frontend.ParseFileName(c.name))
		}
	}
}

func FuzzParseFileName(f *testing.F) {
	for _, name := range []string{"view_31.png", "view_31_2.jpg", "view_31_1.png", "view_.gif", "view_1.jpeg", "../view_1.png", "view_1_2_3.png", "view_0.png"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if v := frontend.ParseFileName(name); v.ID != 0 {
			require.Equal(t, name, v.FileName())
		}
	})
}

func FuzzPictureType(f *testing.F) {
	f.Add(pngFile(f))
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"))
	f.Add([]byte("RIFF\x1a\x00\x00\x00WEBPVP8L\r\x00\x00\x00/\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"))
	f.Add([]byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00"))
	f.Fuzz(func(t *testing.T, content []byte) {
		kind, err := frontend.PictureType(content)
		if err == nil {
			require.Contains(t, []string{"png", "jpeg", "gif", "webp"}, kind)
		}
	})
}
