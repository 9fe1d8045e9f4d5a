package salxml

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// orderFile may be among the definitions, or in the folder above them. Its list
// component_order is the order in which the observatory's programs show the
// components.
const orderFile = "all-components.json"

// upstreamOrder is that order in ts_xml 28.0.1, where it is part of the code and not
// of the files.
var upstreamOrder = strings.Fields(`
AlarmRule ATAOS MTAirCompressor ATBuilding ATCamera ATDome ATDomeTrajectory ATHeaderService ATHexapod ATMCS
ATMonochromator ATOODS ATPneumatics ATPtg ATSpectrograph ATWhiteLight GCHeaderService CCCamera CCHeaderService
CCOODS CBP DIMM DREAM DSM EAS Electrometer ESS FiberSpectrograph GenericCamera GIS Guider HVAC LaserTracker
LEDProjector LinearStage LOVE MOSS MTAOS MTCamera MTDome MTDomeTrajectory MTHeaderService MTHexapod MTM1M3
MTM1M3TS MTM2 MTMount MTOODS MTPtg MTRotator MTVMS OCPS PMD MTReflector Scheduler Script ScriptQueue
SummitFacility Test TunableLaser Watcher WeatherForecast WFOODS`)

// readOrder returns the order that a folder has, or else that of upstream.
func readOrder(folders ...fs.FS) ([]string, error) {
	for _, folder := range folders {
		text, err := fs.ReadFile(folder, orderFile)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		var file struct {
			Order []string `json:"component_order"`
		}
		if err := json.Unmarshal(text, &file); err != nil {
			return nil, fmt.Errorf("%s: %w", orderFile, err)
		}
		if file.Order != nil {
			return file.Order, nil
		}
	}
	return upstreamOrder, nil
}

// sortBy puts names into an order. Those that it does not have follow as they were.
func sortBy(order, names []string) {
	place := make(map[string]int, len(order))
	for i, name := range order {
		place[name] = i - len(order) // below that of a name that is not there
	}
	slices.SortStableFunc(names, func(a, b string) int { return place[a] - place[b] })
}
