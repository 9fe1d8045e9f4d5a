package auth

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
)

// The actions of an [AuditRecord].
const (
	AuditLogIn       = "log-in"
	AuditLogOut      = "log-out"
	AuditSwap        = "swap of users"
	AuditTokenIssued = "token issued"
	AuditTokenEnded  = "token revoked"
	AuditTokenOver   = "token expired"
	AuditUserAdded   = "user added"
	AuditUserChanged = "user changed"
	AuditUserRemoved = "user removed"
	AuditPassword    = "password set"
	AuditEnabled     = "user enabled"
	AuditDisabled    = "user disabled"
	AuditGranted     = "permission granted"
	AuditTaken       = "permission revoked"
	AuditGroupPut    = "group changed"
	AuditGroupGone   = "group removed"
	AuditKeyRotated  = "signing key changed"
	AuditImported    = "users imported"
	AuditForbidden   = "forbidden"

	AuditAuthorityTaken = "authority taken"
	AuditAuthorityEnded = "authority released"
)

// The outcomes of an [AuditRecord].
const (
	OutcomeDone    = "done"
	OutcomeRefused = "refused" // it was not allowed, or wrong
	OutcomeFailed  = "failed"  // it should have worked
)

// AuditRecord tells who did what to whom, from where, and how it went. It
// never holds a password or a token.
type AuditRecord struct {
	Time    time.Time
	Actor   string // user name, or what acted: "loved user"
	Address string // where from; empty: the manager's own machine
	Action  string // one of the Audit constants
	Subject string // user, group, token ID … that it was done to
	Outcome string // one of the Outcome constants
	Detail  string // for people
}

// AuditLog keeps records. Every implementation has to pass
// lovetest.RunAuditLog.
type AuditLog interface {
	Record(ctx context.Context, r AuditRecord) error
	// Records returns at most limit records, newest first.
	Records(ctx context.Context, limit int) ([]AuditRecord, error)
}

// Auditor writes each record to an [AuditLog] and to the log of the process.
type Auditor struct {
	to    AuditLog
	log   *slog.Logger
	clock love.Clock
}

// NewAuditor makes an auditor. Without an AuditLog (nil) it only logs.
func NewAuditor(to AuditLog, log *slog.Logger, clock love.Clock) *Auditor {
	return &Auditor{to: to, log: log, clock: clock}
}

// maxAuditText bounds each text of a record, in bytes, because outsiders
// choose some of them.
const maxAuditText = 300

// Note sets the time of a record and writes it. An error means that the record
// is only in the log of the process.
func (a *Auditor) Note(ctx context.Context, r AuditRecord) error {
	r.Time = a.clock.Now()
	r.Actor, r.Subject, r.Detail = cut(r.Actor), cut(r.Subject), cut(r.Detail)
	level := slog.LevelInfo
	if r.Outcome != OutcomeDone {
		level = slog.LevelWarn
	}
	a.log.Log(ctx, level, "audit", "action", r.Action, "actor", r.Actor, "subject", r.Subject,
		"address", r.Address, "outcome", r.Outcome, "detail", r.Detail)
	if a.to == nil {
		return nil
	}
	// Record what was done even if the caller has hung up.
	if err := a.to.Record(context.WithoutCancel(ctx), r); err != nil {
		return fmt.Errorf("keeping an audit record (%s): %w", r.Action, err)
	}
	return nil
}

func cut(text string) string {
	runes := []rune(text[:min(len(text), maxAuditText)])
	for i, r := range runes {
		if isControl(r) {
			runes[i] = ' '
		}
	}
	return string(runes)
}

// Records returns at most limit records, newest first.
func (a *Auditor) Records(ctx context.Context, limit int) ([]AuditRecord, error) {
	if a.to == nil {
		return nil, nil
	}
	return a.to.Records(ctx, limit)
}

// memoryRecords is how many records a [MemoryAuditLog] keeps.
const memoryRecords = 10_000

// MemoryAuditLog keeps the newest records for the life of the process. The
// zero value is ready.
type MemoryAuditLog struct {
	mu  sync.Mutex
	all []AuditRecord
}

// Record implements [AuditLog].
func (m *MemoryAuditLog) Record(_ context.Context, r AuditRecord) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.all) >= memoryRecords {
		m.all = slices.Delete(m.all, 0, memoryRecords/10)
	}
	m.all = append(m.all, r)
	return nil
}

// Records implements [AuditLog].
func (m *MemoryAuditLog) Records(_ context.Context, limit int) ([]AuditRecord, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	newest := slices.Clone(m.all[max(0, len(m.all)-limit):])
	slices.Reverse(newest)
	return newest, nil
}
