package cli

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

// completeGroup completes the groups of `loved sub` part by part.
func (a *app) completeGroup(cmd *cobra.Command, conn *clientFlags, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	return a.completeWith(cmd, conn, func(ctx context.Context, c *client.Client) ([]string, cobra.ShellCompDirective) {
		k, err := askTopics(ctx, c, "")
		if err != nil {
			return nil, noFiles
		}
		offers := slices.DeleteFunc(withPrefix(prefix, k.groups(prefix)), func(group string) bool { return slices.Contains(args, group) })
		if slices.ContainsFunc(offers, func(group string) bool { return strings.HasSuffix(group, "-") }) {
			return offers, noFiles | cobra.ShellCompDirectiveNoSpace
		}
		return offers, noFiles
	})
}

// groups returns the groups of what is known and was seen, as far as they differ in the
// part of the name that comes next after the prefix: categories, instances of components,
// streams.
func (k knownTopics) groups(prefix string) []string {
	found := map[string]bool{}
	category, rest, hasCategory := strings.Cut(prefix, "-")
	if !hasCategory {
		for _, c := range k.categories() {
			found[string(c)+"-"] = true
		}
		return slices.Sorted(maps.Keys(found))
	}
	csc, rest, hasComponent := strings.Cut(rest, "-")
	index, _, hasIndex := strings.Cut(rest, "-")
	for instance := range k.instances(love.Category(category)) {
		switch {
		case !hasComponent || !hasIndex:
			found[category+"-"+instance+"-"] = true
		case instance == csc+"-"+index:
			for _, stream := range k.streamNames(love.Category(category), csc) {
				found[category+"-"+instance+"-"+stream] = true
			}
			found[category+"-"+instance+"-"+love.All] = true
		}
	}
	if !hasComponent {
		found[love.CategoryGroup(love.Category(category)).String()] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// categories returns the categories that groups are offered for.
func (k knownTopics) categories() []love.Category {
	all := []love.Category{love.CategoryEvent, love.CategoryTelemetry}
	for _, s := range k.streams {
		if !slices.Contains(all, s.Category) {
			all = append(all, s.Category)
		}
	}
	return all
}

// instances returns the instances with topics in a category, as "CSC-SALINDEX". Those of
// an indexed component are the ones that were seen; if none was, there is "CSC".
func (k knownTopics) instances(category love.Category) map[string]bool {
	found := map[string]bool{}
	for csc, c := range k.components {
		switch seen := k.indices(csc); {
		case len(k.topics(category, csc)) == 0:
		case !c.Indexed:
			found[csc+"-0"] = true
		case len(seen) == 0:
			found[csc] = true
		default:
			for _, index := range seen {
				found[csc+"-"+index] = true
			}
		}
	}
	for _, s := range k.streams {
		if s.Category == category {
			found[s.CSC+"-"+s.SalIndex] = true
		}
	}
	return found
}
