package sim

import (
	"context"
	"fmt"
	"time"

	"github.com/rubin-love/love-go/love/sal"
)

// remarks is the component LOVE: somebody who observes writes a remark into
// the observing log now and then. It is no CSC: no states, no heartbeat.
type remarks struct {
	*sal.Controller
	domain *sal.Domain
}

const (
	observer      = "simulated observer"
	remarksPeriod = 30 * time.Minute
)

func newLOVE(ctx context.Context, d *sal.Domain) (*remarks, error) {
	c, err := d.Controller(ctx, "LOVE", 0, sal.WriteOnly())
	if err != nil {
		return nil, err
	}
	r := &remarks{Controller: c, domain: d}
	return r, r.remark(ctx, "The simulated observatory is up.")
}

func (r *remarks) remark(ctx context.Context, text string) error {
	_, err := r.Write(ctx, "evt_observingLog", sal.Values{"user": observer, "message": text}, sal.Force())
	return err
}

func (r *remarks) run(ctx context.Context) error {
	ticker := r.domain.Clock().NewTicker(remarksPeriod)
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
