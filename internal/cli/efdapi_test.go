package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAManagerAnswersTheFrontendsPlotsFromItsArchive(t *testing.T) {
	u := newUser(t)
	_, url := u.startManager("--archive", archivedFolder(t))
	u.env["LOVED_PASSWORD"] = "user's"
	token := strings.TrimSpace(u.mustRun("", "token", "user"))
	require.JSONEq(t, `{"instances":["archive"]}`, request(t, "GET", url+"/manager/api/efd/efd_clients", token, ""))
	require.JSONEq(t, `{"ATDome-0-position":{"doors0":[{"ts":"2026-03-14 03:14:00+00:00","value":0},{"ts":"2026-03-14 03:15:00+00:00","value":1}]}}`,
		request(t, "POST", url+"/manager/api/efd/timeseries", token,
			`{"efd_instance":"archive","start_date":"2026-03-14T03:15:00","time_window":1,"resample":"1min","cscs":{"ATDome":{"0":{"position":["doors0"]}}}}`))
	require.JSONEq(t, `{"ack":"There is no EFD \"summit_efd\" here: known are archive."}`,
		request(t, "POST", url+"/manager/api/efd/top_timeseries", token, `{"efd_instance":"summit_efd","cscs":{}}`))
}

func TestAManagerAsksItsCommanderForPlotsIfThatIsAllThatKnowsEFDs(t *testing.T) {
	u := newUser(t)
	_, commander := u.startCommander("--efd", "summit_efd=http://127.0.0.1:1/x")
	_, url := u.startManager("--archive", archivedFolder(t), "--commander", commander)
	u.env["LOVED_PASSWORD"] = "user's"
	token := strings.TrimSpace(u.mustRun("", "token", "user"))
	require.JSONEq(t, `{"instances":["summit_efd"]}`, request(t, "GET", url+"/manager/api/efd/efd_clients", token, ""))

	_, url = u.restartManager("--archive", archivedFolder(t), "--commander", commander, "--efd", "usdf_efd=http://127.0.0.1:1/x")
	token = strings.TrimSpace(u.mustRun("", "token", "user"))
	require.JSONEq(t, `{"instances":["archive","usdf_efd"]}`, request(t, "GET", url+"/manager/api/efd/efd_clients", token, ""))
}
