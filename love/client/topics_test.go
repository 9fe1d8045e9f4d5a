package client_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

func TestComponentsAreThoseOfTheDefinitions(t *testing.T) {
	s := newSite(t, 200, `{
		"ATDome":{"event_data":{"azimuthState":{
				"state":{"name":"state","description":"What it does.","units":"unitless","type_name":"long","count":1,"choices":[{"name":"Moving","number":2}]},
				"homed":{"name":"homed","description":"","units":"unitless","type_name":"boolean","count":1}}},
			"telemetry_data":{"position":{"azimuth":{"name":"azimuth","description":"","units":"deg","type_name":"double","count":2}}},
			"command_data":{"stop":{}}},
		"ESS":{"command_data":{"start":{"salIndex":{"name":"salIndex","type_name":"long"}}}}}`)
	components, err := s.client(t).Components(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]client.Component{
		"ATDome": {
			Events: map[string]client.Topic{"azimuthState": {Fields: []client.Field{
				{Name: "state", Description: "What it does.", Units: "unitless", Type: "long", Count: 1, Choices: []client.Choice{{Name: "Moving", Number: 2}}},
				{Name: "homed", Units: "unitless", Type: "boolean", Count: 1},
			}}},
			Telemetry: map[string]client.Topic{"position": {Fields: []client.Field{{Name: "azimuth", Units: "deg", Type: "double", Count: 2}}}},
			Commands:  map[string]client.Topic{"stop": {Fields: []client.Field{}}},
		},
		"ESS": {Indexed: true, Commands: map[string]client.Topic{"start": {Fields: []client.Field{}}}},
	}, components)
	require.Equal(t, "/love/manager/api/salinfo/topic-data", s.request.URL.RequestURI())
	homed, ok := components["ATDome"].Events["azimuthState"].Field("homed")
	require.True(t, ok)
	require.Equal(t, "boolean", homed.Type)
	_, ok = components["ATDome"].Events["azimuthState"].Field("other")
	require.False(t, ok)

	_, err = s.client(t).Components(t.Context(), client.EventTopics, client.CommandTopics)
	require.NoError(t, err)
	require.Equal(t, "/love/manager/api/salinfo/topic-data?categories=event-command", s.request.URL.RequestURI())
}

func TestComponentsThatCannotBeReadAreAnError(t *testing.T) {
	for _, wrong := range []string{`[]`, `{"A":{"command_data":{"c":[]}}}`, `{"A":{"command_data":{"c":{"f":1}}}}`} {
		_, err := newSite(t, 200, wrong).client(t).Components(t.Context())
		require.ErrorContains(t, err, "not a manager's", wrong)
	}
	_, err := newSite(t, 503, `{"ack":"no commander"}`).client(t).Components(t.Context())
	var refused *client.HTTPError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, 503, refused.Status)
}

func TestStreamsAreWhatWasPublished(t *testing.T) {
	s := newSite(t, 200, `{"streams":[{"category":"telemetry","csc":"ATDome","salindex":"0","stream":"position","messages":3,"last":"2026-03-14T01:59:26.5Z","live":true}]}`)
	streams, err := s.client(t).Streams(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, []love.StreamStats{{
		Category: love.CategoryTelemetry, CSC: "ATDome", SalIndex: "0", Stream: "position", Messages: 3, Live: true,
		Last: time.Date(2026, 3, 14, 1, 59, 26, 500e6, time.UTC),
	}}, streams)
	require.Equal(t, "telemetry-ATDome-0-position", streams[0].Group().String())
	require.Equal(t, "/love/manager/api/streams/", s.request.URL.RequestURI())
	_, err = s.client(t).Streams(t.Context(), "ATDome")
	require.NoError(t, err)
	require.Equal(t, "/love/manager/api/streams/?csc=ATDome", s.request.URL.RequestURI())

	_, err = newSite(t, 404, `<html>`).client(t).Streams(t.Context(), "")
	var refused *client.HTTPError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, 404, refused.Status)
}
