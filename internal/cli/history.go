package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/internal/similar"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/sal"
)

// pastFlags are what and when a subcommand of `loved history` asks a manager.
type pastFlags struct {
	conn     clientFlags
	source   string
	last     time.Duration
	from, to timeFlag
}

func (f *pastFlags) register(fs *pflag.FlagSet) {
	f.conn.registerUser(fs)
	fs.StringVar(&f.source, "source", "", "ask the EFD of this `NAME` (default the manager's archive, if it has one)")
}

// registerSpan registers the flags of a span.
func (f *pastFlags) registerSpan(fs *pflag.FlagSet) {
	durationVar(fs, &f.last, "last", time.Hour, "how long before now, or before --to, it begins")
	fs.Var(&f.from, "from", "begin at a `TIME`: 2026-03-14T03:00, with seconds and a zone if need be (default UTC), a date, or 2h for two hours ago")
	fs.Var(&f.to, "to", "end before a `TIME`, given like --from (default now)")
}

// span returns the span that the flags name.
func (f *pastFlags) span(fs *pflag.FlagSet, now time.Time) (history.Span, error) {
	s := history.Span{From: f.from.UTC(), To: f.to.UTC()}
	if f.to.IsZero() {
		s.To = now.UTC()
	}
	switch {
	case !f.from.IsZero() && fs.Changed("last"):
		return s, usagef("--last and --from both say where it begins: give one of them")
	case f.from.IsZero() && f.last <= 0:
		return s, usagef("--last is %s: give a time above 0, such as 10m", formatDuration(f.last))
	case f.from.IsZero():
		s.From = s.To.Add(-f.last)
	case !s.From.Before(s.To):
		return s, usagef("it begins at %s and ends at %s: give a --from before --to", s.From.Format(time.RFC3339), s.To.Format(time.RFC3339))
	}
	return s, nil
}

// historyFlags are the flags of `loved history`.
type historyFlags struct {
	pastFlags
	points int
	limit  int
	csv    bool
}

func (a *app) historyCommand() *cobra.Command {
	var f historyFlags
	cmd := &cobra.Command{
		Use:   "history CSC[:INDEX] TOPIC [FIELD…]",
		Short: "Show how fields went, and which events there were",
		Long: `Ask a manager with an archive or an EFD for the past: how fields of a topic went, as a line and a table
with the mean value of each part of the time, and the least and the greatest in brackets. Without a
FIELD the records of the topic are shown with all their fields, the newest last.

A TOPIC is telemetry or an event, by its name as in "loved topics". An element of a list is a field,
too: temperature3 is the element 3, from 0, of temperature. Times are in UTC.

--csv prints the samples, or where there are more than --points the mean, least and greatest value of
equal parts of the time.`,
		Example: `  loved history ATDome position azimuthPosition --last 10m
  loved history ATDome position azimuthPosition --from 2026-03-14T03:00 --to 2026-03-14T04:00 --csv > azimuth.csv
  loved history ATDome summaryState --last 12h
  loved history MTHexapod:1 application position0 position1 --source usdf_efd`,
		Args: minArgs("CSC", "TOPIC"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.showHistory(cmd, &f, args)
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
			return a.completeTopic(cmd, &f.conn, args, prefix)
		},
	}
	f.register(cmd.Flags())
	f.registerSpan(cmd.Flags())
	cmd.Flags().IntVar(&f.points, "points", history.DefaultPoints, "with --csv: at most `N` samples of each field")
	cmd.Flags().IntVar(&f.limit, "limit", 20, "without a FIELD: at most `N` records, the newest")
	cmd.Flags().BoolVar(&f.csv, "csv", false, "print comma-separated values, for programs")
	cmd.AddCommand(a.historyStreams(), a.historyDownload(), a.historyVerify())
	return cmd
}

func (a *app) showHistory(cmd *cobra.Command, f *historyFlags, args []string) error {
	csc, index, err := sal.ParseName(args[0])
	if err != nil {
		return &usageError{err}
	}
	now := time.Now()
	span, err := f.span(cmd.Flags(), now)
	switch {
	case err != nil:
		return err
	case f.points < 1 || f.points > history.MaxPoints:
		return usagef("--points is %d: give 1 to %d", f.points, history.MaxPoints)
	case f.limit < 1 || f.limit > history.MaxPage:
		return usagef("--limit is %d: give 1 to %d", f.limit, history.MaxPage)
	}
	ctx := cmd.Context()
	c, err := a.userClient(ctx, f.conn)
	if err != nil {
		return err
	}
	q := question{client: c, source: f.source, csc: csc, index: index, topic: args[1], span: span}
	if len(args) == 2 {
		return a.showRecords(ctx, &q, f, now)
	}
	q.fields = args[2:]
	if f.csv {
		all, err := q.series(ctx, f.points)
		if err != nil {
			return err
		}
		return printSeriesCSV(a.stdout, all)
	}
	return a.showSeries(ctx, &q, now)
}

// question is about one topic.
type question struct {
	client *client.Client
	source string
	csc    string
	index  int
	topic  string
	fields []string
	span   history.Span

	stream love.Group // once it is known
}

// streams returns the streams that the topic's name may stand for.
func (q *question) streams() []love.Group {
	if q.stream != (love.Group{}) {
		return []love.Group{q.stream}
	}
	for _, kind := range topicKinds {
		for _, prefix := range []string{kind.prefix, map[love.Category]string{love.CategoryEvent: "logevent_"}[kind.category]} {
			if name, ok := strings.CutPrefix(q.topic, prefix); ok && prefix != "" {
				return []love.Group{love.StreamGroup(kind.category, q.csc, q.index, name)}
			}
		}
	}
	return []love.Group{
		love.StreamGroup(love.CategoryTelemetry, q.csc, q.index, q.topic), love.StreamGroup(love.CategoryEvent, q.csc, q.index, q.topic),
	}
}

// series asks how the fields went.
func (q *question) series(ctx context.Context, points int) ([]history.Series, error) {
	var unknown error
	for _, stream := range q.streams() {
		all, err := q.client.Series(ctx, q.source, history.SeriesQuery{Stream: stream, Fields: q.fields, Span: q.span, Points: points})
		switch {
		case err == nil:
			q.stream = stream
			return all, nil
		case !isUnknown(err, history.ErrUnknownStream):
			return nil, q.explain(err)
		}
		unknown = err
	}
	return nil, cmp.Or(q.check(ctx), unknown)
}

// isUnknown reports whether an answer says that the source does not have something.
func isUnknown(err error, what error) bool {
	answered, ok := errors.AsType[*client.HTTPError](err)
	return ok && answered.Status == http.StatusNotFound && strings.HasPrefix(strings.ToLower(answered.Text), what.Error())
}

// explain makes an error of an answer that says what to do.
func (q *question) explain(err error) error {
	if answered, ok := errors.AsType[*client.HTTPError](err); ok && isUnknown(err, history.ErrUnknownField) {
		return fmt.Errorf("%s (loved topics %s %s shows the fields)", strings.ToLower(answered.Text[:1])+strings.TrimSuffix(answered.Text[1:], "."), componentText(q.csc, q.index), q.topic)
	}
	return pastError(err)
}

// pastError makes an error of an answer of the history API that says what to do.
func pastError(err error) error {
	answered, ok := errors.AsType[*client.HTTPError](err)
	var fields map[string][]string
	switch {
	case ok && answered.Status == http.StatusNotFound:
		return errors.New("the manager has no history: start it with --archive FOLDER or --efd NAME=URL")
	case ok && answered.Status == http.StatusBadRequest && json.Unmarshal([]byte(answered.Text), &fields) == nil:
		var texts []string
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			texts = append(texts, name+": "+strings.TrimSuffix(strings.Join(fields[name], " "), "."))
		}
		return errors.New(strings.Join(texts, "; "))
	}
	return withHint(err)
}

// check returns an error unless the source has had the topic, with what it has.
func (q *question) check(ctx context.Context) error {
	past, err := q.client.Past(ctx, q.source, "")
	if err != nil {
		return pastError(err)
	}
	var components, topics, instances []string
	for _, s := range past.Streams {
		if slices.ContainsFunc(q.streams(), func(g love.Group) bool {
			return g == s.Group || s.Group.SalIndex == love.All && history.Selects(s.Group, g)
		}) {
			return nil
		}
		components = append(components, s.Group.CSC)
		if s.Group.CSC != q.csc {
			continue
		}
		topics = append(topics, s.Group.Stream)
		if s.Group.Stream == q.streams()[0].Stream && s.Group.SalIndex != love.All {
			instances = append(instances, s.Group.CSC+":"+s.Group.SalIndex)
		}
	}
	slices.Sort(components)
	slices.Sort(topics)
	at := fmt.Sprintf("the source %q", past.Source)
	switch {
	case len(topics) == 0:
		return fmt.Errorf("%s has nothing of a component %q%s", at, q.csc, similar.Question(similar.Names(q.csc, slices.Compact(components))))
	case len(instances) > 0:
		return fmt.Errorf("%s has nothing of %s %s: there are %s", at, componentText(q.csc, q.index), q.topic, strings.Join(instances, ", "))
	}
	return fmt.Errorf("%s has nothing of a topic %q of %s%s (loved history streams %s shows what there is)",
		at, q.topic, q.csc, similar.Question(similar.Names(q.topic, slices.Compact(topics))), q.csc)
}

// componentText returns a component as it is typed.
func componentText(csc string, index int) string {
	if index == 0 {
		return csc
	}
	return csc + ":" + strconv.Itoa(index)
}
