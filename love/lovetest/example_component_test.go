package lovetest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// turnDome is the code under test: it turns the dome and returns where it stands
// then.
func turnDome(ctx context.Context, domain *sal.Domain, azimuth float64) (float64, error) {
	dome, err := domain.Remote(ctx, "ATDome", 0)
	if err != nil {
		return 0, err
	}
	defer dome.Close()
	if _, err := dome.Command(ctx, "moveAzimuth", sal.Values{"azimuth": azimuth}, sal.WithTimeout(time.Minute)); err != nil {
		return 0, fmt.Errorf("turning the dome: %w", err)
	}
	position, err := dome.Next(ctx, "tel_position")
	if err != nil {
		return 0, err
	}
	return position.Float("azimuthPosition"), nil
}

func testTurnDome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // time passes by itself
		domain, bus := lovetest.NewDomain(t, sim.Definitions())
		dome := lovetest.NewComponent(t, domain, "ATDome", 0)
		dome.Answer("moveAzimuth", func(_ context.Context, command *sal.Sample) error {
			time.Sleep(30 * time.Second)
			time.AfterFunc(time.Second, func() {
				_, _ = dome.Write(context.Background(), "tel_position", sal.Values{"azimuthPosition": command.Float("azimuth")})
			})
			return nil
		})
		if azimuth, err := turnDome(t.Context(), domain, 90); err != nil || azimuth != 90 {
			t.Errorf("the dome stands at %v, %v", azimuth, err)
		}

		dome.Answer("moveAzimuth", func(context.Context, *sal.Sample) error { return errors.New("the drive is off") })
		if _, err := turnDome(t.Context(), domain, 180); err == nil {
			t.Error("the dome turned without its drive")
		}
		if commands := dome.Commands(); len(commands) != 2 || commands[1].Float("azimuth") != 180 {
			t.Errorf("the dome got %v", commands)
		}

		down := errors.New("the bus is down")
		bus.Fail(down)
		if _, err := turnDome(t.Context(), domain, 90); !errors.Is(err, down) {
			t.Errorf("without a bus: %v", err)
		}
	})
}

// A program that commands and reads a component on SAL, tested with a component that
// the test controls. In a test file of your own, testTurnDome is a function
// TestTurnDome.
func Example_component() {
	run("TestTurnDome", testTurnDome)
	// Output: TestTurnDome passed: true
}
