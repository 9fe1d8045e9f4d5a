package sal

import "context"

// Announced is a [Bus] that wants to hear what will be written before the
// first sample, to make topics and register schemas while there is time: a
// command is not to wait for that. Remotes and controllers announce their
// topics when they start, and do not start if that fails.
type Announced interface {
	Announce(ctx context.Context, topics []*Topic) error
}

// Windowed is a [Bus] that knows how far back to look for the newest sample of
// each instance of an indexed component; others get [DefaultHistoryWindow].
type Windowed interface {
	HistoryWindow(component string) int
}

// DefaultHistoryWindow is how many samples of an event of an indexed component
// a remote looks back for the newest of each instance.
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

// MarkSimulated marks definitions that belong to a simulation, and returns
// them: a driver of the observatory's bus refuses them, because what is
// registered there stays.
func (d *Definitions) MarkSimulated() *Definitions {
	d.simulated = true
	return d
}

// Simulated tells whether the definitions are marked by
// [Definitions.MarkSimulated].
func (d *Definitions) Simulated() bool { return d.simulated }
