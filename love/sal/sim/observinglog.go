package sim

import (
	"context"
	"fmt"
	"time"

	"github.com/rubin-love/love-go/love/sal"
)

// observingLog is the component LOVE: an observer writes a remark into the observing log
// now and then. It is not a CSC: it has no states and no heartbeat.
type observingLog struct {
	*sal.Controller
	domain *sal.Domain
}

const (
	observer     = "simulated observer"
	remarkPeriod = 30 * time.Minute
)

func newLOVE(ctx context.Context, d *sal.Domain) (*observingLog, error) {
	c, err := d.Controller(ctx, "LOVE", 0, sal.WriteOnly())
	if err != nil {
		return nil, err
	}
	r := &observingLog{Controller: c, domain: d}
	return r, r.remark(ctx, "The simulated observatory is up.")
}

func (r *observingLog) remark(ctx context.Context, text string) error {
	_, err := r.Write(ctx, "evt_observingLog", sal.Values{"user": observer, "message": text}, sal.Force())
	return err
}

func (r *observingLog) run(ctx context.Context) error {
	ticker := r.domain.Clock().NewTicker(remarkPeriod)
	defer ticker.Stop()
	began := r.domain.Clock().Now()
	for {
		select {
		case <-ctx.Done():
			return r.Close()
		case <-ticker.C():
			hours := r.domain.Clock().Now().Sub(began).Hours()
			if err := r.remark(context.WithoutCancel(ctx), fmt.Sprintf("All quiet after %.1f hours.", hours)); err != nil {
				return err
			}
		}
	}
}
