package sal_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// BenchmarkWriteToCallback is the way from Write to a callback, one sample at a time.
func BenchmarkWriteToCallback(b *testing.B) {
	d := sal.NewDomain(sim.NewBus(), sim.Definitions())
	defer d.Close()
	c, r := dome(b, d)
	arrived := make(chan struct{})
	_, err := r.Subscribe("tel_position", func(*sal.Sample) { arrived <- struct{}{} })
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		moved(b, c)
		<-arrived
	}
}

// BenchmarkThroughput writes as many samples as one remote can take.
func BenchmarkThroughput(b *testing.B) {
	d := sal.NewDomain(sim.NewBus(sim.WithQueue(1<<30)), sim.Definitions())
	defer d.Close()
	c, err := d.Controller(b.Context(), "ATDome", 0, sal.WriteOnly())
	require.NoError(b, err)
	r, err := d.Remote(b.Context(), "ATDome", 0, sal.WithQueue(1<<30))
	require.NoError(b, err)
	n, done := 0, make(chan struct{})
	_, err = r.Subscribe("tel_position", func(*sal.Sample) {
		if n++; n == b.N {
			close(done)
		}
	})
	require.NoError(b, err)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		moved(b, c)
	}
	<-done
}

func dome(b *testing.B, d *sal.Domain) (*sal.Controller, *sal.Remote) {
	c, err := d.Controller(b.Context(), "ATDome", 0, sal.WriteOnly())
	require.NoError(b, err)
	r, err := d.Remote(b.Context(), "ATDome", 0)
	require.NoError(b, err)
	return c, r
}

func moved(b *testing.B, c *sal.Controller) {
	_, err := c.Write(b.Context(), "tel_position", sal.Values{"azimuthPosition": 12.5, "azimuthEncoderPosition": 1, "mainDoorOpeningPercentage": 100})
	if err != nil {
		b.Fatal(err)
	}
}
