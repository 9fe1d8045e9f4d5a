package server_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/frontend"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/manager"
	"github.com/rubin-love/love-go/love/server"
)

// screen does what the LOVE-frontend does in a browser (docs/protocol/manager.md#the-frontend).
type screen struct {
	t       *testing.T
	manager *lovetest.Manager
	token   string
	socket  net.Conn
}

// call makes a request and requires a status; body nil: none is sent. The answer is parsed
// whatever the status, as the frontend does.
func (s *screen) call(status int, method, path string, body any) (answer any) {
	s.t.Helper()
	var text []byte
	if body != nil {
		var err error
		text, err = json.Marshal(body)
		require.NoError(s.t, err)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.manager.URL+"/manager/"+path, strings.NewReader(string(text)))
	require.NoError(s.t, err)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/json")
	if s.token != "" {
		req.Header.Set("Authorization", "Token "+s.token)
	}
	resp, err := s.manager.HTTP.Do(req) // which follows redirects, with the token
	require.NoError(s.t, err)
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	require.Equal(s.t, status, resp.StatusCode, "%s %s: %s", method, path, got)
	if status != http.StatusNoContent {
		require.NoError(s.t, json.Unmarshal(got, &answer), "%s %s", method, path)
	}
	return answer
}

type object = map[string]any

// logIn sends a user's name and password, and keeps the token of the answer.
func (s *screen) logIn(path, user string) object {
	s.t.Helper()
	session := s.call(200, "POST", path, object{"username": user, "password": user}).(object)
	s.token = session["token"].(string)
	require.Equal(s.t, user, session["user"].(object)["username"])
	for _, field := range []string{"utc", "tai", "mjd", "sidereal_summit", "sidereal_greenwich", "tai_to_utc", "observing_day"} {
		require.Contains(s.t, session["time_data"], field)
	}
	return session
}

// connect opens the websocket and subscribes to what every page shows.
func (s *screen) connect() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	conn, _, _, err := ws.Dial(ctx, strings.Replace(s.manager.URL, "http", "ws", 1)+"/manager/ws/subscription?token="+s.token)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = conn.Close() })
	require.NoError(s.t, conn.SetDeadline(time.Now().Add(30*time.Second)))
	s.socket = conn
	s.subscribe("event-Watcher-0-stream", "event-Watcher-0-alarm", "heartbeat-manager-0-stream",
		"event-Scheduler-1-observingMode", "telemetry-Scheduler-1-observatoryState", "event-MTPtg-0-currentTarget",
		"event-Scheduler-2-observingMode", "telemetry-Scheduler-2-observatoryState", "event-ATPtg-0-currentTarget")
}

func (s *screen) send(message object) {
	s.t.Helper()
	text, err := json.Marshal(message)
	require.NoError(s.t, err)
	require.NoError(s.t, wsutil.WriteClientText(s.socket, text))
}

// receive returns the next message that matches; others are passed over.
func (s *screen) receive(matches func(object) bool) object {
	s.t.Helper()
	for {
		text, err := wsutil.ReadServerText(s.socket)
		require.NoError(s.t, err)
		var m object
		require.NoError(s.t, json.Unmarshal(text, &m))
		if matches(m) {
			return m
		}
	}
}

// subscribe subscribes to groups, the salindex as a text, and waits for the answers.
func (s *screen) subscribe(groups ...string) {
	s.t.Helper()
	for _, g := range groups {
		part := strings.Split(g, "-")
		s.send(object{"option": "subscribe", "category": part[0], "csc": part[1], "salindex": part[2], "stream": part[3]})
	}
	for _, g := range groups {
		s.receive(func(m object) bool { return m["data"] == "Successfully subscribed to "+g })
	}
}

// requireClosed reads until the socket is closed by the manager, with a code.
func (s *screen) requireClosed(code ws.StatusCode) {
	s.t.Helper()
	for {
		_, err := wsutil.ReadServerText(s.socket)
		if closed := (wsutil.ClosedError{}); err != nil {
			require.ErrorAs(s.t, err, &closed)
			require.Equal(s.t, code, closed.Code)
			return
		}
	}
}

func TestTheFrontend_StartsUpAndShowsAView(t *testing.T) {
	s := &screen{t: t, manager: lovetest.NewManager(t)}
	s.call(401, "GET", "ui_framework/views/summary/", nil) // sent before anybody has logged in
	s.token = "left over from last month"
	session := s.logIn("api/get-token/", "cmd_user")
	require.Equal(t, true, session["permissions"].(object)["execute_commands"])
	require.Contains(t, session["config"].(object)["content"].(object), "alarms")
	s.connect()
	s.receive(func(m object) bool { return m["category"] == "heartbeat" }) // at once, or an alarm is shown
	list := s.call(200, "GET", "ui_framework/views/summary/", nil).([]any)
	require.Nil(t, s.call(200, "GET", "api/validate-token/no_config/", nil).(object)["config"])
	require.Empty(t, s.call(200, "GET", "api/controllocation/?selected", nil))
	require.Empty(t, s.call(200, "GET", "api/emergencycontact", nil), "the missing slash is made up for")
	require.NotEmpty(t, s.call(200, "GET", "api/configfile/", nil))
	s.send(object{"action": "get_time_data", "request_time": 1795208733.867})
	require.Equal(t, 1795208733.867, s.receive(func(m object) bool { return m["time_data"] != nil })["request_time"])

	first := list[0].(object)
	view := s.call(200, "GET", fmt.Sprintf("ui_framework/views/%v/", first["id"]), nil).(object)
	groups := groupsOf(view["data"])
	require.Contains(t, groups, "telemetry-ATDome-0-position")
	s.subscribe(groups...)
	s.manager.Publish(love.Message{Category: love.CategoryTelemetry, Data: []love.Item{{CSC: "ATDome", SalIndex: love.Index(0),
		Streams: []love.Stream{{Name: "position", Value: love.RawValue(`{"azimuthPosition": {"value": 12.5}}`)}}}}})
	got := s.receive(func(m object) bool { return m["category"] == "telemetry" })["data"].([]any)[0].(object)
	require.Equal(t, 12.5, got["data"].(object)["position"].(object)["azimuthPosition"].(object)["value"])

	require.Equal(t, "Done", s.call(200, "POST", "api/cmd/", object{"cmd": "cmd_pause", "params": object{}, "csc": "ScriptQueue", "salindex": 1}).(object)["ack"])
	swapped := s.screenOf("user", "api/swap-user/no_config/")
	s.requireClosed(1000)
	s.token = swapped.token
	require.Contains(t, s.call(403, "POST", "api/cmd/", object{"cmd": "cmd_pause", "params": object{}, "csc": "ScriptQueue", "salindex": 1}).(object)["ack"], "not allowed")
}

// screenOf swaps the user; the returned screen has the new token.
func (s *screen) screenOf(user, path string) *screen {
	s.t.Helper()
	other := *s
	other.logIn(path, user)
	return &other
}

// groupsOf returns the groups that the tables of raw topics in a view show.
func groupsOf(data any) (groups []string) {
	node, _ := data.(object)
	if config, ok := node["config"].(object); ok {
		list, _ := config["subscriptions"].([]any)
		for _, g := range list {
			groups = append(groups, g.(string))
		}
	}
	content, _ := node["content"].(object)
	for _, inner := range content {
		groups = append(groups, groupsOf(inner)...)
	}
	return groups
}

// pixel is a PNG of one pixel.
const pixel = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

func TestTheFrontend_EditsViewsAndComesBackAfterARestart(t *testing.T) {
	s := &screen{t: t, manager: lovetest.NewManager(t)}
	s.logIn("api/get-token/", "user")
	s.connect()
	data := object{"properties": object{"type": "container", "x": 0.0, "y": nil, "w": 100.0, "i": 0.0}, "content": object{}}
	view := s.call(201, "POST", "ui_framework/views/", object{"name": "Mine", "data": data, "thumbnail": nil}).(object)
	require.Equal(t, "desktop", view["screen"])
	path := fmt.Sprintf("ui_framework/views/%v/", view["id"])
	data["content"] = object{"newPanel-1": object{"properties": object{"type": "component", "y": nil}, "content": "Watcher", "config": object{"_functionProps": []any{}}}}
	view["data"] = data
	require.Equal(t, view, s.call(200, "PUT", path, view))
	view["thumbnail"] = pixel
	saved := s.call(200, "PUT", path, view).(object)
	require.Equal(t, pixel, "data:image/png;base64,"+base64.StdEncoding.EncodeToString(s.picture(saved["thumbnail"])))
	require.Equal(t, view["id"], s.call(200, "GET", "ui_framework/views/summary/", nil).([]any)[0].(object)["id"], "the one changed last comes first")
	require.Contains(t, s.call(400, "PUT", path, object{"name": strings.Repeat("n", 21)}), "name", "the frontend shows the text of what is wrong")

	s.manager.Kill()
	s.manager.Start()
	require.Equal(t, saved, s.call(200, "GET", path, nil))
	s.connect() // with the same token
	saved["thumbnail"] = nil
	require.Equal(t, saved, s.call(200, "PUT", path, saved), "an ordinary save clears the picture")
	s.call(204, "DELETE", path, nil)
	s.call(404, "GET", path, nil)
	require.Len(t, s.call(200, "GET", "ui_framework/views/summary/", nil), 4, "the first views came once")
	s.call(204, "DELETE", "api/logout/", nil)
	s.requireClosed(1000)
	s.call(401, "GET", "ui_framework/views/summary/", nil)
}

// picture loads a picture as a browser does, without a token.
func (s *screen) picture(path any) []byte {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), "GET", s.manager.URL+path.(string), nil)
	require.NoError(s.t, err)
	resp, err := s.manager.HTTP.Do(req)
	require.NoError(s.t, err)
	defer resp.Body.Close()
	require.Equal(s.t, 200, resp.StatusCode)
	content, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	return content
}

func TestTheFrontend_ConfiguresScriptsAndItself(t *testing.T) {
	s := &screen{t: t, manager: lovetest.NewManager(t)}
	s.logIn("api/get-token/", "admin")
	schema := "type: object\nproperties:\n  wait_time: {type: number, default: 0}\n"
	require.Equal(t, "None", s.call(200, "POST", "api/validate-config-schema/", object{"config": "wait_time: 3", "schema": schema}).(object)["title"])
	require.Equal(t, []any{"wait_time"}, s.call(200, "POST", "api/validate-config-schema/", object{"config": "wait_time: x", "schema": schema}).(object)["error"].(object)["path"])
	stored := s.call(201, "POST", "api/scriptconfiguration/", object{"script_path": "a.py", "script_type": "standard", "config_name": "long", "config_schema": "wait_time: 3", "schema": schema}).(object)
	require.Len(t, s.call(200, "GET", "api/scriptconfiguration/?&path=a.py&type=standard", nil), 1)
	s.call(200, "PATCH", fmt.Sprintf("api/scriptconfiguration/%v/", stored["id"]), object{"config_schema": "wait_time: 4", "schema": schema})

	own := s.call(201, "POST", "api/configfile/", object{"filename": "loud.json", "content": object{"alarms": object{"minSeveritySound": "warning"}}}).(object)
	s.call(200, "POST", "api/config-set", object{"config_id": own["id"]})
	require.Equal(t, own["id"], s.call(200, "GET", "api/validate-token/", nil).(object)["config"].(object)["id"])
	require.Equal(t, "loud.json", s.call(200, "GET", fmt.Sprintf("api/configfile/%v/content", own["id"]), nil).(object)["filename"])
	s.call(200, "PATCH", "api/controllocation/2/", object{"selected": true})
	require.Equal(t, "base", s.call(200, "GET", "api/controllocation/?selected", nil).([]any)[0].(object)["name"])
}

func TestNoFrontendData_LeavesThePathsToOthers(t *testing.T) {
	mine := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `"mine"`) })
	m := lovetest.NewManager(t, lovetest.WithConfig(func(c *server.Config) {
		c.NoFrontendData = true
		c.Routes = []manager.Route{{Path: "/manager/ui_framework/views/", Methods: map[string]manager.Method{"GET": {Handler: mine}}}}
	}))
	s := &screen{t: t, manager: m}
	require.NotNil(t, s.logIn("api/get-token/", "user")["config"], "the built-in one")
	require.Equal(t, "mine", s.call(200, "GET", "ui_framework/views/", nil))
	s.call(404, "GET", "ui_framework/workspaces/", nil)
}

// plainStorage is a Storage that does not keep the frontend's data.
type plainStorage struct{ server.Storage }

func TestAStorageWithoutFrontendDataHasThemInMemory(t *testing.T) {
	var _ server.FrontendStorage = server.NewMemory(love.SystemClock{}).(interface{ Frontend() frontend.Store })
	m := lovetest.NewManager(t, lovetest.WithConfig(func(c *server.Config) { c.Storage = plainStorage{server.NewMemory(love.SystemClock{})} }))
	s := &screen{t: t, manager: m}
	s.logIn("api/get-token/", "user")
	require.NotEmpty(t, s.call(200, "GET", "ui_framework/views/summary/", nil))
}
