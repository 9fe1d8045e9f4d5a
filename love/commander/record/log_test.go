package record_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/record"
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestTheLogOfACommandNamesItsInstance(t *testing.T) {
	var log bytes.Buffer
	call := commander.Call{Command: love.Command{CSC: "MTHexapod", SalIndex: 2, Name: "cmd_move"}}
	inner := commander.Func(func(context.Context, commander.Call) (love.Ack, error) { panic("a bug") })
	for want, do := range map[string]func(*record.Recorder){
		"a command could not be recorded":    func(r *record.Recorder) { _, _ = r.Execute(t.Context(), call) },
		"a refused command was not recorded": func(r *record.Recorder) { r.Refuse(t.Context(), call, errors.New("no")) },
	} {
		log.Reset()
		r := record.New(inner, brokenStore{record.NewMemory(0)}, record.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		do(r)
		r.Close(t.Context())
		require.Regexp(t, want+`".* csc=MTHexapod salindex=2 cmd=cmd_move`, log.String())
	}
	log.Reset()
	r := record.New(inner, record.NewMemory(0), record.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	_, err := r.Execute(t.Context(), call)
	require.Error(t, err)
	r.Close(t.Context())
	require.Regexp(t, `a commander panicked" csc=MTHexapod salindex=2 cmd=cmd_move`, log.String())
}

func TestAnHourWithoutTheStoreIsFewLinesInTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		store := &flakyStore{Store: record.NewMemory(0)}
		var inner lovetest.Commander
		r := record.New(&inner, store, record.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		store.setAway(true)
		_, err := r.Execute(t.Context(), move)
		require.NoError(t, err)
		time.Sleep(time.Hour)
		store.setAway(false)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.LessOrEqual(t, strings.Count(log.String(), "\n"), 8, log.String())
		require.Regexp(t, `(?s)outcomes of commands cannot be recorded yet.*outcomes of commands are recorded again`, log.String())
		r.Close(t.Context())
	})
}
