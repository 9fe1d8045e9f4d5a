package external

import (
	"bytes"
	"context"
	"maps"
	"mime/multipart"
	"net/http"
)

// keepFiles gives files to the commander, which keeps them in the Large File Annex, and
// returns their addresses. The error is a *httpapi.Refusal.
func (s *Services) keepFiles(ctx context.Context, files []*multipart.FileHeader) (addresses []string, err error) {
	for _, file := range files {
		address, err := s.keepFile(ctx, file)
		if err != nil {
			return nil, err
		}
		addresses = append(addresses, address)
	}
	return addresses, nil
}

func (s *Services) keepFile(ctx context.Context, file *multipart.FileHeader) (address string, err error) {
	content, err := readFile(file)
	if err != nil {
		return "", err
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	header := maps.Clone(file.Header)
	header.Set("Content-Disposition", multipart.FileContentDisposition("uploaded_file", file.Filename))
	part, err := w.CreatePart(header)
	if err == nil {
		_, err = part.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil { // cannot be: all is in memory
		return "", err
	}
	got, err := s.files.ask(ctx, request{
		method: http.MethodPost, path: "lfa/upload-file", contentType: w.FormDataContentType(), body: body.Bytes(),
	})
	if err != nil {
		return "", err
	}
	var kept struct{ Ack, URL string }
	_ = got.decode(&kept) // leaves them empty
	if got.status != http.StatusOK || kept.URL == "" {
		return "", refuse(http.StatusBadGateway, "The file %q could not be kept: the commander answered with status %d: %s Nothing else was sent.",
			file.Filename, got.status, sentence(kept.Ack))
	}
	return kept.URL, nil
}
