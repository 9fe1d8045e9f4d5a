package frontend

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"image"
	_ "image/gif"  // a type of pictures
	_ "image/jpeg" // a type of pictures
	_ "image/png"  // a type of pictures
	"strconv"
	"strings"

	_ "golang.org/x/image/webp" // a type of pictures
)

const (
	// MaxPicture is the size of the largest picture, in bytes.
	MaxPicture = 4 << 20
	// maxSide is the largest width and height of a picture, in pixels: that of an 8K
	// screen. It bounds what the picture takes in the memory of a browser.
	maxSide = 8192
)

// PictureType returns the type of a picture, found in its content: "png", "jpeg", "gif"
// or "webp". Only its beginning is decoded.
func PictureType(content []byte) (string, error) {
	if len(content) > MaxPicture {
		return "", fmt.Errorf("the picture has more than %d bytes", MaxPicture)
	}
	config, kind, err := image.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return "", errNotAPicture
	}
	if side := max(config.Width, config.Height); side > maxSide || min(config.Width, config.Height) < 1 {
		return "", fmt.Errorf("the picture is %d pixels wide and %d high: it may have 1 to %d", config.Width, config.Height, maxSide)
	}
	return kind, nil
}

var errNotAPicture = errors.New("this is not a picture: give a PNG, JPEG, GIF or WebP file")

// FileName returns the name of the file that a view's picture is served as, "view_31.png";
// later pictures of the view are "view_31_2.png", and so on. It is empty if there is no
// picture.
func (v View) FileName() string {
	if v.Picture.Type == "" {
		return ""
	}
	number := ""
	if v.Picture.Number > 1 {
		number = "_" + strconv.FormatInt(v.Picture.Number, 10)
	}
	return "view_" + strconv.FormatInt(v.ID, 10) + number + "." + extension(v.Picture.Type)
}

// extension returns that of the files of a type.
func extension(kind string) string {
	if kind == "jpeg" {
		return "jpg"
	}
	return kind
}

// ParseFileName returns the view, without Content, whose picture has a file name; its ID
// is 0 if none has.
func ParseFileName(name string) (v View) {
	base, suffix, _ := strings.Cut(name, ".")
	id, number, _ := strings.Cut(strings.TrimPrefix(base, "view_"), "_")
	v.ID = ParseID(id)
	v.Picture = Picture{Number: cmp.Or(ParseID(number), 1), Type: map[string]string{"jpg": "jpeg"}[suffix]}
	v.Picture.Type = cmp.Or(v.Picture.Type, suffix)
	if v.FileName() != name {
		return View{}
	}
	return v
}
