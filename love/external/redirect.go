package external

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/love/manager"
)

// dashboards are the Chronograf pages about the forces of M1M3's actuators, by site.
var dashboards = map[string]string{
	"summit": "https://summit-lsp.lsst.codes/chronograf/sources/1/dashboards/199",
	"usdf":   "https://usdf-rsp.slac.stanford.edu/chronograf/sources/1/dashboards/61",
}

// actuatorDashboard redirects to a dashboard about the actuator id between the times
// lower and upper, UTC.
func (s *Services) actuatorDashboard(r *http.Request) (httpapi.Answer, error) {
	page, ok := dashboards[manager.Param(r, "site")]
	if !ok {
		return httpapi.Answer{}, refuse(http.StatusBadRequest, "There is no such dashboard of %q, only of summit and usdf.", manager.Param(r, "site"))
	}
	query := r.URL.Query()
	id, err := strconv.Atoi(query.Get("id"))
	if err != nil || !isActuator(id) {
		return httpapi.Answer{}, refuse(http.StatusBadRequest, `"id" has to be that of a force actuator of M1M3, such as 101, not %q.`, query.Get("id"))
	}
	if query.Get("lower") == "" || query.Get("upper") == "" {
		return httpapi.Answer{}, refuse(http.StatusBadRequest, `"lower" and "upper" have to be times in UTC, such as 2026-03-14T01:59:26.`)
	}
	index := func(has bool) []string { // 0: no cylinder in this direction
		if !has {
			return []string{"0"}
		}
		return []string{strconv.Itoa(id)}
	}
	single := isSingleAxis(id)
	lateral := !single && isLateral(id)
	to := url.Values{
		"refresh":           {"Paused"},
		"tempVars[x_index]": index(lateral), "tempVars[y_index]": index(!single && !lateral), "tempVars[z_index]": index(true),
		"tempVars[s_index]": index(!single),
		"lower":             {query.Get("lower") + "Z"}, "upper": {query.Get("upper") + "Z"},
	}
	return httpapi.Answer{Status: http.StatusFound, Header: http.Header{"Location": {page + "?" + to.Encode()}}}, nil
}

// The 156 force actuators of M1M3 are numbered by quadrant, 1 to 4, and place in it. They
// are laid out alike in all quadrants, except that 2 and 4 lack the places on the axis
// that they would share with 1 and 3.

func isActuator(id int) bool {
	quadrant, place := id/100, id%100
	if quadrant < 1 || quadrant > 4 || place < 1 || place > 43 {
		return false
	}
	return quadrant%2 == 1 || place > 6 && place != 13 && place != 26
}

// isSingleAxis reports whether an actuator has only a cylinder along Z.
func isSingleAxis(id int) bool {
	return id%100 >= 39 || slices.Contains([]int{1, 6, 7, 19, 25, 31, 36}, id%100)
}

// isLateral reports whether the second cylinder of an actuator acts along X, not Y.
func isLateral(id int) bool { return slices.Contains([]int{12, 28, 35}, id%100) }
