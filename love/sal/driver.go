package sal

import "context"

// Announced is a [Bus] that is told which topics will be written before the first
// sample, so that it can make topics and register schemas early and no command has
// to wait for that. Remotes and controllers announce their topics when they start,
// and fail to start if that fails.
type Announced interface {
	Announce(ctx context.Context, topics []*Topic) error
}

// Windowed is a [Bus] that says how many samples of an event to look back for the
// newest of each instance of an indexed component. Without it, remotes use
// [DefaultHistoryWindow].
type Windowed interface {
	HistoryWindow(component string) int
}

// DefaultHistoryWindow is the number of samples of an event that a remote of an
// indexed component looks back for the newest of each instance.
const DefaultHistoryWindow = 500

// announce tells the bus which topics of a component will be written.
func (d *Domain) announce(ctx context.Context, c *Component, kinds ...Kind) error {
	bus, ok := d.bus.(Announced)
	if !ok {
		return nil
	}
	var topics []*Topic
	for _, t := range c.Topics {
		for _, k := range kinds {
			if t.Kind == k {
				topics = append(topics, t)
			}
		}
	}
	if len(topics) == 0 {
		return nil
	}
	return bus.Announce(ctx, topics)
}

func (d *Domain) historyWindow(component string) int {
	if bus, ok := d.bus.(Windowed); ok {
		return bus.HistoryWindow(component)
	}
	return DefaultHistoryWindow
}

// MarkSimulated marks definitions that belong to a simulation, and returns them. A
// driver of the observatory's bus refuses such definitions, because schemas that
// are registered there stay.
func (d *Definitions) MarkSimulated() *Definitions {
	d.simulated = true
	return d
}

// Simulated reports whether the definitions are marked by
// [Definitions.MarkSimulated].
func (d *Definitions) Simulated() bool { return d.simulated }
