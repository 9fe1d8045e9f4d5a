package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"sync/atomic"

	"github.com/rubin-love/love-go/love/audit"
)

// auditLog is the audit.Log of a [Store]. Records are kept for two years.
type auditLog struct {
	store *Store
	seq   atomic.Uint32 // keeps records of the same time in order
}

var _ audit.Log = (*auditLog)(nil)

// Record implements audit.Log.
func (l *auditLog) Record(ctx context.Context, r audit.Record) error {
	at := micros(r.Time)
	id := fmt.Sprintf("%016x-%08x-%s", at, l.seq.Add(1), rand.Text()[:8])
	return l.store.exec(ctx, `INSERT INTO audit (id, at, actor, address, action, subject, outcome, detail)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		id, at, r.Actor, r.Address, r.Action, r.Subject, r.Outcome, r.Detail)
}

// Records implements audit.Log.
func (l *auditLog) Records(ctx context.Context, limit int) (all []audit.Record, err error) {
	err = l.store.query(ctx, func(rows *sql.Rows) error {
		var r audit.Record
		var at int64
		if err := rows.Scan(&at, &r.Actor, &r.Address, &r.Action, &r.Subject, &r.Outcome, &r.Detail); err != nil {
			return err
		}
		r.Time = fromMicros(at)
		all = append(all, r)
		return nil
	}, `SELECT at, actor, address, action, subject, outcome, detail FROM audit ORDER BY id DESC LIMIT $1`, limit)
	return all, err
}
