package commander_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

func TestHTTP_ObservingLogIsSentAsItIs(t *testing.T) {
	const log = `{"user": "somebody", "message": "a\u00f1, añ", "n": 12345678901234567890123.10}`
	for status, body := range map[int]string{200: `{"ack": "Added new observing log to SAL"}`, 400: `{"ack": "LOVE CSC could not stablish connection"}`} {
		overHTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got, _ := io.ReadAll(r.Body)
			if r.Method != "POST" || r.RequestURI != "/lovecsc/observinglog" || r.Header.Get("Content-Type") != "application/json" || string(got) != log {
				t.Errorf("got %s %s %s", r.Method, r.RequestURI, got)
			}
			writes(status, body)(w, r)
		}), func(t *testing.T, h *commander.HTTP, _ *http.Client) {
			r, err := h.WriteObservingLog(t.Context(), commander.ObservingLog{Body: json.RawMessage(log), Identity: "ana@host"})
			require.NoError(t, err)
			require.Equal(t, commander.Reply{Status: status, Body: json.RawMessage(body)}, r)
		})
	}
}

// A commander behind a proxy that has it elsewhere, or without the slash.
func TestHTTP_RedirectThatKeepsMethodAndBodyIsFollowed(t *testing.T) {
	for _, status := range []int{http.StatusPermanentRedirect, http.StatusTemporaryRedirect} {
		mux := http.NewServeMux()
		mux.HandleFunc("/cmd/{$}", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/commander/cmd", status) })
		mux.HandleFunc("/commander/cmd", func(w http.ResponseWriter, r *http.Request) {
			got, _ := io.ReadAll(r.Body)
			if r.Method != "POST" || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("got %s %s", r.Method, r.Header)
			}
			writes(200, string(got))(w, r)
		})
		overHTTP(t, mux, func(t *testing.T, h *commander.HTTP, _ *http.Client) {
			r, err := h.Execute(t.Context(), commander.Request{Body: json.RawMessage(someCommand), Identity: "ana@host"})
			require.NoError(t, err)
			require.Equal(t, commander.Reply{Status: 200, Body: json.RawMessage(someCommand)}, r)
		})
	}
}

func TestHTTP_WhatIsNoObjectIsNotSent(t *testing.T) {
	overHTTP(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("sent") }), func(t *testing.T, h *commander.HTTP, _ *http.Client) {
		for body, shown := range map[string]string{``: "an empty body", `[]`: "[]", `{"csc":"Lamp","salindex":0,"cmd":"cmd_on","params":{`: `{"csc":"Lamp","salindex":0,"cmd":"cmd_on","params":{`, `{} {}`: "{} {}"} {
			for _, do := range []func(context.Context, commander.Request) (commander.Reply, error){h.Execute, h.Check} {
				r, err := do(t.Context(), commander.Request{Body: json.RawMessage(body), Identity: "ana@host"})
				require.NoError(t, err)
				require.Equal(t, commander.AckReply(400, "a command is a JSON object, not "+shown), r)
			}
		}
	})
}

func TestHTTP_FaultsSayWhatMayHaveHappened(t *testing.T) {
	const log = " Whether the observing log was written is unknown: look for it before you write it again."
	requests := map[string]struct {
		do        func(ctx context.Context, h *commander.HTTP) error
		aftermath string
	}{
		"log": {func(ctx context.Context, h *commander.HTTP) error {
			_, err := h.WriteObservingLog(ctx, commander.ObservingLog{Body: json.RawMessage(`{"user":"ana","message":"x"}`)})
			return err
		}, log},
		"check": {func(ctx context.Context, h *commander.HTTP) error {
			_, err := h.Check(ctx, commander.Request{Body: json.RawMessage(someCommand)})
			return err
		}, ""},
		"names": {func(ctx context.Context, h *commander.HTTP) error { _, err := h.TopicNames(ctx, ""); return err }, ""},
		"data":  {func(ctx context.Context, h *commander.HTTP) error { _, err := h.TopicData(ctx, ""); return err }, ""},
		"beat":  {func(ctx context.Context, h *commander.HTTP) error { _, err := h.Heartbeat(ctx); return err }, ""},
	}
	faults := map[string]struct {
		answer http.HandlerFunc
		status int
		text   string
		after  bool // the aftermath follows
	}{
		"a page of status 500":     {writes(500, "<h1>Oops</h1>"), 502, "The commander answered with status 500 and no JSON: <h1>Oops</h1>.", true},
		"a page of another server": {writes(200, "<h1>It works</h1>"), 502, "The commander answered with status 200 and no JSON: <h1>It works</h1>.", true},
		"half an answer": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"ack":`)
		}, 502, "The commander at commander:5000 broke off its answer.", true},
		"silence": {func(_ http.ResponseWriter, r *http.Request) { _, _ = io.ReadAll(r.Body); <-r.Context().Done() },
			504, "The commander at commander:5000 did not answer in time.", true},
	}
	for fault, f := range faults {
		for name, q := range requests {
			t.Run(fault+", "+name, func(t *testing.T) {
				overHTTP(t, f.answer, func(t *testing.T, h *commander.HTTP, _ *http.Client) {
					want := f.text
					if f.after {
						want += q.aftermath
					}
					asked := time.Now()
					err := q.do(t.Context(), h)
					none, ok := errors.AsType[*commander.NoReplyError](err)
					require.True(t, ok, "%v", err)
					require.Equal(t, f.status, none.Status)
					require.Equal(t, want, none.Text)
					require.LessOrEqual(t, time.Since(asked), commander.DefaultAnswerLimit)
				})
			})
		}
	}
}

// Quirk 18: the manager gives it less than the time between two heartbeats.
func TestHTTP_HeartbeatTakesNoLongerThanItIsGiven(t *testing.T) {
	overHTTP(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), func(t *testing.T, h *commander.HTTP, _ *http.Client) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		asked := time.Now()
		_, err := h.Heartbeat(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 2*time.Second, time.Since(asked))
	})
}

func TestHTTP_HeartbeatThatIsNoneIsSaidToBe(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
	}{{200, `{}`}, {200, `{"timestamp":"now"}`}, {200, `{"timestamp":null}`}, {200, `{"timestamp":NaN}`}, {200, `[1]`}, {500, `{"timestamp":1}`}} {
		overHTTP(t, writes(c.status, c.body), func(t *testing.T, h *commander.HTTP, _ *http.Client) {
			_, err := h.Heartbeat(t.Context())
			require.ErrorContains(t, err, fmt.Sprintf("commander:5000 is no LOVE-commander: its heartbeat is %d ", c.status), c.body)
		})
	}
}

// endless answers without an end.
type endless struct{}

func (endless) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Body: io.NopCloser(endless{})}, nil
}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestHTTP_AnswerHasABound(t *testing.T) {
	h, err := commander.NewHTTP("commander:5000", commander.WithTransport(endless{}))
	require.NoError(t, err)
	_, err = h.TopicData(t.Context(), "")
	require.ErrorContains(t, err, "The commander answered with status 200 and more than 64 MiB.")
}

// A commander that answers after the deadline, with the record before it.
func TestRecorder_AnswerOfAnHTTPCommanderAfterTheDeadlineIsRecordedAsLate(t *testing.T) {
	sent := 0
	overHTTP(t, python(func(w http.ResponseWriter, r *http.Request) {
		sent++
		_, _ = io.ReadAll(r.Body)
		time.Sleep(time.Minute)
		writes(200, `{"ack": "Done"}`)(w, r)
	}), func(t *testing.T, h *commander.HTTP, _ *http.Client) {
		r := commander.NewRecorder(h, commander.NewMemoryRecord(0))
		_, err := r.Execute(t.Context(), byAna())
		reply := commander.ReplyTo(err)
		require.Equal(t, 504, reply.Status)
		var ack love.Ack
		require.NoError(t, json.Unmarshal(reply.Body, &ack))
		require.Contains(t, ack.Text, "No answer within 15s.")
		state := func() commander.State {
			synctest.Wait()
			entries, err := r.List(t.Context(), commander.Filter{})
			require.NoError(t, err)
			require.Len(t, entries, 1)
			return entries[0].State
		}
		require.Equal(t, commander.TimedOut, state())
		time.Sleep(time.Minute)
		require.Equal(t, commander.Late, state())
		require.Equal(t, 1, sent)
		r.Close(t.Context())
	}, commander.WithAnswerLimit(time.Hour))
}
