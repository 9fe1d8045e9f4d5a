package cli

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

// knownTopics is what a manager knows of the observatory, and what it has seen.
type knownTopics struct {
	defined    bool // the manager has definitions
	components map[string]client.Component
	reported   bool // the manager reports what was published
	streams    []love.StreamStats
}

// askTopics asks the manager for its topics: of one component what was published, if csc
// is not empty. A manager that cannot answer a part, like the Python one, is no error.
func askTopics(ctx context.Context, c *client.Client, csc string) (k knownTopics, err error) {
	k.components, err = c.Components(ctx)
	if k.defined = err == nil; err != nil && !noDefinitions(err) {
		return k, err
	}
	k.streams, err = c.Streams(ctx, csc)
	answered, ok := errors.AsType[*client.HTTPError](err)
	if k.reported = err == nil; err != nil && !(ok && answered.Status == http.StatusNotFound) {
		return k, err
	}
	return k, nil
}

// names returns the components that are defined or were seen, sorted.
func (k knownTopics) names() []string {
	all := slices.Collect(maps.Keys(k.components))
	for _, s := range k.streams {
		all = append(all, s.CSC)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// indices returns the indices with which a component has published.
func (k knownTopics) indices(csc string) []string {
	var all []string
	for _, s := range k.streams {
		if s.CSC == csc {
			all = append(all, s.SalIndex)
		}
	}
	slices.SortFunc(all, compareIndices)
	return slices.Compact(all)
}

// topics returns the definitions of a component's topics in a category.
func (k knownTopics) topics(category love.Category, csc string) map[string]client.Topic {
	switch c := k.components[csc]; category {
	case love.CategoryEvent:
		return c.Events
	case love.CategoryTelemetry:
		return c.Telemetry
	}
	return nil
}

// streamNames returns the streams of a component that are defined or were seen, sorted.
func (k knownTopics) streamNames(category love.Category, csc string) []string {
	all := slices.Collect(maps.Keys(k.topics(category, csc)))
	for _, s := range k.streams {
		if s.Category == category && s.CSC == csc {
			all = append(all, s.Stream)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// newest returns the stream that came last of those that match; ok is false if there are
// none.
func (k knownTopics) newest(match func(love.StreamStats) bool) (newest love.StreamStats, ok bool) {
	for _, s := range k.streams {
		if match(s) && (!ok || s.Last.After(newest.Last)) {
			newest, ok = s, true
		}
	}
	return newest, ok
}

// compareIndices compares numbers by value, and other texts after them.
func compareIndices(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}
