package manager

import (
	"net/http"
	"time"

	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
)

// note writes an audit record of something that has happened already. A failure
// to write it is logged and otherwise ignored.
func (m *Manager) note(c *call, r audit.Record) {
	if r.Actor == "" {
		r.Actor = c.who.User.Username
	}
	r.Address = auth.Address(c.Request)
	if err := m.audit.Record(c.Context(), r); err != nil {
		m.outages.audit.Failed(m.config.Clock.Now(), err)
		return
	}
	m.outages.audit.Succeeded(m.config.Clock.Now())
}

// auditRecord is a record as administrators see it.
type auditRecord struct {
	Time    time.Time `json:"time"`
	Actor   string    `json:"actor"`
	Address string    `json:"address"`
	Action  string    `json:"action"`
	Subject string    `json:"subject"`
	Outcome string    `json:"outcome"`
	Detail  string    `json:"detail"`
}

// The number of records in one answer.
const (
	defaultAuditPage = 100
	maxAuditPage     = 1000
)

func (m *Manager) listAudit(c *call) (answer, error) {
	q, err := c.query("limit")
	if err != nil {
		return answer{}, err
	}
	limit, wrong := defaultAuditPage, fieldErrors{}
	if q.Has("limit") {
		limit = number(q.Get("limit"), "limit", 1, maxAuditPage, wrong)
	}
	if len(wrong) > 0 {
		return answer{}, wrong.Refusal()
	}
	records, err := m.audit.Records(c.Context(), limit)
	if err != nil {
		return answer{}, err
	}
	list := make([]auditRecord, len(records))
	for i, r := range records {
		list[i] = auditRecord(r)
	}
	return answer{Status: http.StatusOK, Body: list}, nil
}
