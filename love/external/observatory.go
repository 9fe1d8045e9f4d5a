package external

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
)

// observatory is the state of the observatory at the end of a night, as texts.
type observatory struct {
	// Telescopes has a line for each quantity, with its value for the Simonyi telescope
	// and the auxiliary telescope; empty: the telescope has no such thing.
	Telescopes []telescopeLine
	Components []componentState
}

type telescopeLine struct{ Label, Simonyi, AuxTel string }

type componentState struct{ Name, State string }

// field is a field of a topic in the EFD.
type field struct{ csc, topic, name string }

// quantity is what a night report shows of a telescope. states are the names of its
// numbers; without them it is an angle in degrees.
type quantity struct {
	field
	states map[int]string
}

// The names of states in ts_xml.
var (
	summaryStates   = map[int]string{1: "DISABLED", 2: "ENABLED", 3: "FAULT", 4: "OFFLINE", 5: "STANDBY"}
	deployment      = map[int]string{0: "RETRACTED", 1: "DEPLOYED", 2: "RETRACTING", 3: "DEPLOYING", 4: "LOST"}
	power           = map[int]string{0: "OFF", 1: "ON", 2: "FAULT", 3: "TURNING_ON", 4: "TURNING_OFF"}
	lockingPins     = map[int]string{0: "LOCKED", 1: "TEST", 2: "UNLOCKED", 3: "MOVING", 4: "MISMATCH"}
	auxTelMirrorLid = map[int]string{
		1: "DISABLED", 2: "ENABLED", 3: "FAULT", 4: "OFFLINE", 5: "STANDBY", 6: "CLOSED", 7: "OPENED", 8: "IN MOTION", 9: "INVALID",
	}
)

// telescopes are the lines about the telescopes. All components have index 0.
var telescopes = []struct {
	label           string
	simonyi, auxTel quantity
}{
	{"Elevation", angle("MTMount", "elevation", "actualPosition"), angle("ATMCS", "mount_AzEl_Encoders", "elevationCalculatedAngle0")},
	{"Azimuth", angle("MTMount", "azimuth", "actualPosition"), angle("ATMCS", "mount_AzEl_Encoders", "azimuthCalculatedAngle0")},
	{"Dome azimuth", angle("MTDome", "azimuth", "positionActual"), angle("ATDome", "position", "azimuthPosition")},
	{"Rotator", angle("MTRotator", "rotation", "actualPosition"), quantity{}},
	{"Mirror covers", state("MTMount", "mirrorCoversMotionState", "state", deployment), state("ATPneumatics", "m1CoverState", "state", auxTelMirrorLid)},
	{"Oil supply", state("MTMount", "oilSupplySystemState", "powerState", power), quantity{}},
	{"Power supply", state("MTMount", "mainAxesPowerSupplySystemState", "powerState", power), quantity{}},
	{"Locking pins", state("MTMount", "elevationLockingPinMotionState", "state", lockingPins), quantity{}},
}

// reported are the components whose summary states a night report shows.
var reported = []struct {
	csc   string
	index int
}{
	{"MTMount", 0}, {"MTM1M3", 0}, {"MTAOS", 0}, {"MTM2", 0}, {"MTDome", 0}, {"MTDomeTrajectory", 0}, {"MTHexapod", 1}, {"MTHexapod", 2},
	{"MTRotator", 0}, {"MTPtg", 0}, {"MTM1M3TS", 0}, {"MTCamera", 0}, {"ATMCS", 0}, {"ATPtg", 0}, {"ATDome", 0}, {"ATDomeTrajectory", 0},
	{"ATAOS", 0}, {"ATPneumatics", 0}, {"ATHexapod", 0}, {"ATCamera", 0}, {"ATOODS", 0}, {"ATHeaderService", 0}, {"ATSpectrograph", 0},
}

func angle(csc, topic, name string) quantity { return quantity{field: field{csc, topic, name}} }

func state(csc, event, name string, states map[int]string) quantity {
	return quantity{field{csc, "logevent_" + event, name}, states}
}

// observatoryAt asks the EFD for the state of the observatory at a time.
func (s *Services) observatoryAt(ctx context.Context, at time.Time) (observatory, error) {
	values, err := s.lastValues(ctx, at, telescopeTopics())
	if err != nil {
		return observatory{}, err
	}
	var o observatory
	for _, t := range telescopes {
		o.Telescopes = append(o.Telescopes, telescopeLine{t.label, t.simonyi.text(values), t.auxTel.text(values)})
	}
	if values, err = s.lastValues(ctx, at, summaryStateTopics()); err != nil {
		return observatory{}, err
	}
	for _, c := range reported {
		name := quantity{field{c.csc, "logevent_summaryState", "summaryState"}, summaryStates}.textAt(values, c.index)
		o.Components = append(o.Components, componentState{fmt.Sprintf("%s:%d", c.csc, c.index), name})
	}
	return o, nil
}

// topics are what to ask the EFD for: fields by component, index and topic.
type topics map[string]map[int]map[string][]string

func (t topics) add(f field, index int) {
	if t[f.csc] == nil {
		t[f.csc] = map[int]map[string][]string{}
	}
	if t[f.csc][index] == nil {
		t[f.csc][index] = map[string][]string{}
	}
	t[f.csc][index][f.topic] = append(t[f.csc][index][f.topic], f.name)
}

func telescopeTopics() topics {
	all := topics{}
	for _, t := range telescopes {
		all.add(t.simonyi.field, 0)
		if t.auxTel.csc != "" {
			all.add(t.auxTel.field, 0)
		}
	}
	return all
}

func summaryStateTopics() topics {
	all := topics{}
	for _, c := range reported {
		all.add(field{c.csc, "logevent_summaryState", "summaryState"}, c.index)
	}
	return all
}

// lastValues are the last values by "<csc>-<index>-<topic>" and field.
type lastValues map[string]map[string][]struct{ Value json.RawMessage }

// lastValues asks the EFD for the last values before a time.
func (s *Services) lastValues(ctx context.Context, at time.Time, of topics) (values lastValues, err error) {
	body, err := json.Marshal(map[string]any{"efd_instance": s.config.EFDInstance, "cscs": of, "num": 1, "time_cut": asTAI(at)})
	if err != nil {
		return nil, err
	}
	to := relay{client: s.efd, timeout: s.config.QueryTimeout}
	got, err := to.ask(ctx, commanderhttp.Request{Method: http.MethodPost, Path: "/efd/top_timeseries", Body: body})
	if err != nil {
		s.config.Logger.Warn("the EFD gave no state of the observatory", "error", err)
		return nil, refuse(commanderhttp.Status(err), "%s The report was not sent.", commander.ErrorOf(err, "").Text)
	}
	if got.Status != http.StatusOK || json.Unmarshal(got.Body, &values) != nil {
		text := problem{}
		_ = json.Unmarshal(got.Body, &text) // leaves it empty
		return nil, refuse(http.StatusBadGateway, "The EFD did not tell the state of the observatory (status %d): %s The report was not sent.", got.Status, sentence(text.Ack))
	}
	return values, nil
}

// text is what a report shows of a quantity; empty if there is no such thing.
func (q quantity) text(values lastValues) string { return q.textAt(values, 0) }

func (q quantity) textAt(values lastValues, index int) string {
	if q.csc == "" {
		return ""
	}
	samples := values[q.csc+"-"+strconv.Itoa(index)+"-"+q.topic][q.name]
	if len(samples) == 0 {
		return "unknown"
	}
	value, err := strconv.ParseFloat(string(samples[0].Value), 64)
	if err != nil { // null: the EFD has none, or NaN
		return "unknown"
	}
	if q.states == nil {
		return strconv.FormatFloat(value, 'f', 2, 64) + "°"
	}
	if name, ok := q.states[int(value)]; ok && value == math.Trunc(value) {
		return name
	}
	return "unknown"
}
