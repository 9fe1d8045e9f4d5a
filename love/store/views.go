package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/rubin-love/love-go/love/frontend"
)

// viewTable is the frontend.Views of a [Store].
type viewTable struct {
	frontendTable[frontend.View, *frontend.View]
}

// Summaries implements frontend.Views.
func (t *viewTable) Summaries(ctx context.Context) ([]frontend.View, error) {
	all := []frontend.View{}
	err := t.store.query(ctx, func(rows *sql.Rows) error {
		var v frontend.View
		var created, updated int64
		err := rows.Scan(&v.ID, &created, &updated, &v.Name, &v.Screen, &v.Picture.Number, &v.Picture.Type)
		v.Created, v.Updated = fromMicros(created), fromMicros(updated)
		all = append(all, v)
		return err
	}, `SELECT id, created, updated, name, screen, picture_number, picture_type FROM frontend_views ORDER BY id`)
	return all, err
}

// Picture implements frontend.Views.
func (t *viewTable) Picture(ctx context.Context, view int64) (p frontend.Picture, err error) {
	ctx, cancel := context.WithTimeout(ctx, t.store.timeout)
	defer cancel()
	err = t.store.db.QueryRowContext(ctx, `SELECT picture_number, picture_type, picture FROM frontend_views
		WHERE id = $1 AND picture_type <> ''`, view).Scan(&p.Number, &p.Type, &p.Content)
	if errors.Is(err, sql.ErrNoRows) {
		return p, fmt.Errorf("the picture of view %d: %w", view, frontend.ErrNotFound)
	}
	return p, unavailable(err)
}

// writePicture keeps the content of a new picture, or removes that of the old one.
func writePicture(ctx context.Context, tx *sql.Tx, v *frontend.View) error {
	content := v.Picture.Content
	v.Picture.Content = nil
	if v.Picture.Type != "" && len(content) == 0 {
		return nil
	}
	if content == nil {
		content = []byte{}
	}
	return exec(ctx, tx, `UPDATE frontend_views SET picture = $2 WHERE id = $1`, v.ID, content)
}
