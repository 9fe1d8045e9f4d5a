package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// scriptFile is a script in the folders of a ScriptQueue.
type scriptFile struct {
	path        string
	standard    bool
	class       string
	description string
	remotes     string
	checkpoints []string
	duration    time.Duration
	failsAt     string // a checkpoint; empty if it does not fail
}

// scriptFiles returns the scripts that queues can run.
func scriptFiles() []scriptFile {
	return []scriptFile{
		{"auxtel/point_and_expose.py", true, "PointAndExpose", "Point at a star and take images of it.", "ATDome,ATMCS", []string{"slew", "focus", "expose 1", "expose 2", "read out"}, 4 * time.Minute, ""},
		{"auxtel/evening_flats.py", true, "EveningFlats", "Flat fields of the evening sky.", "ATDome", []string{"open", "flat 1", "flat 2", "flat 3", "flat 4", "close"}, 6 * time.Minute, ""},
		{"maintel/observe_field.py", true, "ObserveField", "Slew to a field and take a pair of images.", "MTDome,MTMount,MTHexapod:1,MTHexapod:2", []string{"slew", "settle", "first exposure", "second exposure"}, 3 * time.Minute, ""},
		{"maintel/sweep_filters.py", true, "SweepFilters", "One field in all filters.", "MTMount", []string{"u", "g", "r", "i", "z", "y"}, 9 * time.Minute, ""},
		{"engineering/elevation_steps.py", false, "ElevationSteps", "Step in elevation and look how it settles.", "MTMount", []string{"low", "middle", "high"}, 2 * time.Minute, ""},
		{"engineering/broken_sensor.py", false, "BrokenSensor", "Asks a sensor that does not answer.", "ESS:301", []string{"prepare", "measure", "compare"}, time.Minute, "measure"},
	}
}

// findScriptFile finds a script by its path.
func findScriptFile(standard bool, path string) (scriptFile, error) {
	all := scriptFiles()
	i := slices.IndexFunc(all, func(r scriptFile) bool { return r.standard == standard && r.path == path })
	if i < 0 {
		return scriptFile{}, fmt.Errorf("there is no %s script %q", kindOfScripts(standard), path)
	}
	return all[i], nil
}

func kindOfScripts(standard bool) string {
	if standard {
		return "standard"
	}
	return "external"
}

// paths lists the standard or the external scripts in the form of the event
// availableScripts.
func paths(standard bool) string {
	var list []string
	for _, r := range scriptFiles() {
		if r.standard == standard {
			list = append(list, r.path)
		}
	}
	return strings.Join(list, ":")
}

// schema describes the configuration of a script.
func (r scriptFile) schema() string {
	return fmt.Sprintf(`$schema: http://json-schema.org/draft-07/schema#
title: %s
type: object
additionalProperties: false
properties:
  duration:
    description: How long it takes, in seconds.
    type: number
    exclusiveMinimum: 0
    default: %g
  fail_at:
    description: The checkpoint at which it fails.
    type: string
    default: %q
`, r.class, r.duration.Seconds(), r.failsAt)
}

// configured returns the script with a configuration applied: lines "name: value" as
// the schema describes them.
func (r scriptFile) configured(config string) (scriptFile, error) {
	for line := range strings.Lines(config) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.Trim(strings.TrimSpace(value), `"'`)
		switch {
		case name == "" || strings.HasPrefix(name, "#"):
		case !ok:
			return scriptFile{}, fmt.Errorf("%q is not a line of a configuration; give name: value", name)
		case name == "duration":
			seconds, err := strconv.ParseFloat(value, 64)
			if err != nil || !(seconds > 0 && seconds < 1e6) {
				return scriptFile{}, fmt.Errorf("duration: %q is not a number of seconds above 0", value)
			}
			r.duration = time.Duration(seconds * float64(time.Second))
		case name == "fail_at":
			if value != "" && !slices.Contains(r.checkpoints, value) {
				return scriptFile{}, fmt.Errorf("fail_at: there is no checkpoint %q; there are %s", value, strings.Join(r.checkpoints, ", "))
			}
			r.failsAt = value
		default:
			return scriptFile{}, fmt.Errorf("additional property %q is not allowed; there are duration and fail_at", name)
		}
	}
	return r, nil
}
