package sallog

import (
	"context"
	"log/slog"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/rubin-love/love-go/love/sal"
)

// LevelCritical is the level of failures that end a component's work; it is 50 on
// the bus.
const LevelCritical slog.Level = 12

// FromSlog converts a level to that of the bus: debug 10, info 20, warning 30, error
// 40, [LevelCritical] 50, and proportionally between
// (docs/protocol/sal-kafka.md#log-messages).
func FromSlog(l slog.Level) int { return 20 + int(math.Round(2.5*float64(l))) }

// ToSlog converts the level n of the bus.
func ToSlog(n int) slog.Level { return slog.Level(math.Ceil(float64(n-20) / 2.5)) }

// keptRecords is the number of records that a handler keeps until it is attached.
const keptRecords = 10

// Handler is a [slog.Handler] that writes records as the event logMessage of a
// component, and passes them on to another handler. It keeps the last ten records
// from before [Handler.Attach], which writes them. Attributes are appended to the
// message; one called "traceback" becomes that field. The name of the logger is that
// of the component, followed by the groups of [slog.Logger.WithGroup]. Code that
// writes to the bus, such as the domain (see [sal.WithLogger]) and the bus itself,
// must not log to it.
type Handler struct {
	*output
	next  slog.Handler
	name  []string
	attrs []slog.Attr
}

// output is the state that a handler shares with those derived from it.
type output struct {
	level atomic.Int64

	mu         sync.Mutex
	controller *sal.Controller
	kept       []sal.Values
}

// New returns a handler; next may be nil. Records below info are only
// passed on to next, unless [Handler.SetLevel] sets a lower level.
func New(next slog.Handler) *Handler {
	if next == nil {
		next = slog.DiscardHandler
	}
	return &Handler{output: &output{}, next: next}
}

// SetLevel sets the lowest level of the records that are written, as a level of the
// bus, which is what the command setLogLevel gives.
func (h *Handler) SetLevel(n int) { h.level.Store(int64(ToSlog(n))) }

// Attach writes the kept records, and from now on all others, as events of the
// component. It returns the first error of writing a kept record.
func (h *Handler) Attach(ctx context.Context, c *sal.Controller) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.controller = c
	kept := h.kept
	h.kept = nil
	for _, v := range kept {
		v["name"] = fullName(c, v)
		if _, err := c.Write(ctx, "evt_logMessage", v, sal.Force()); err != nil {
			return err
		}
	}
	return nil
}

// Enabled implements [slog.Handler].
func (h *Handler) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.Level(h.level.Load()) || h.next.Enabled(ctx, l)
}

// Handle implements [slog.Handler].
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	var err error
	if h.next.Enabled(ctx, r.Level) {
		err = h.next.Handle(ctx, r)
	}
	if r.Level < slog.Level(h.level.Load()) {
		return err
	}
	values := h.values(r)
	controller := h.keep(values)
	if controller == nil {
		return err
	}
	values["name"] = fullName(controller, values)
	if _, writeErr := controller.Write(context.WithoutCancel(ctx), "evt_logMessage", values, sal.Force()); err == nil {
		err = writeErr
	}
	return err
}

// keep returns the controller to write to. If there is none yet, it keeps the
// record and returns nil.
func (h *Handler) keep(values sal.Values) *sal.Controller {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.controller == nil {
		h.kept = append(h.kept, values)
		h.kept = h.kept[max(0, len(h.kept)-keptRecords):]
	}
	return h.controller
}

// fullName puts the component in front of the name of a logger.
func fullName(c *sal.Controller, values sal.Values) string {
	return strings.TrimSuffix(c.Component().Name+"."+values["name"].(string), ".")
}

// values returns the fields of the event for a record.
func (h *Handler) values(r slog.Record) sal.Values {
	v := sal.Values{
		"name": strings.Join(h.name, "."), "level": FromSlog(r.Level), "traceback": "", "process": os.Getpid(),
		"filePath": "", "functionName": "", "lineNumber": 0,
	}
	if r.PC != 0 {
		f, _ := runtime.CallersFrames([]uintptr{r.PC}).Next()
		v["filePath"], v["functionName"], v["lineNumber"] = f.File, f.Function, f.Line
	}
	message := r.Message
	add := func(a slog.Attr) bool {
		if a.Key == "traceback" {
			v["traceback"] = a.Value.String()
		} else if !a.Equal(slog.Attr{}) {
			message += " " + a.String()
		}
		return true
	}
	for _, a := range h.attrs {
		add(a)
	}
	r.Attrs(add)
	v["message"] = message
	for name, value := range v {
		if text, ok := value.(string); ok {
			v[name] = strings.ToValidUTF8(text, "\ufffd") // a record is worth more than its bytes
		}
	}
	return v
}

// WithAttrs implements [slog.Handler].
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	out := *h
	out.next, out.attrs = h.next.WithAttrs(attrs), slices.Concat(h.attrs, attrs)
	return &out
}

// WithGroup implements [slog.Handler].
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	out := *h
	out.next, out.name = h.next.WithGroup(name), append(slices.Clone(h.name), name)
	return &out
}
