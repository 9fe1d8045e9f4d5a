// Package similar finds the names that a mistyped one was probably meant to be.
package similar

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// maxSuggestions is the number of similar names that an error offers.
const maxSuggestions = 3

// Names returns the few names that were probably meant: those that differ in a few
// letters only or contain the given text.
func Names(given string, names []string) []string {
	type candidate struct {
		name     string
		distance int
	}
	var similar []candidate
	lower := strings.ToLower(given)
	for _, n := range names {
		d := distance(lower, strings.ToLower(n))
		if lower != "" && strings.Contains(strings.ToLower(n), lower) {
			d = min(d, 2)
		}
		if d <= max(2, len(given)/3) {
			similar = append(similar, candidate{n, d})
		}
	}
	slices.SortStableFunc(similar, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
	var out []string
	for _, c := range similar[:min(len(similar), maxSuggestions)] {
		out = append(out, c.name)
	}
	return out
}

// Question returns names as the end of an error text: "; did you mean ATDome?", or
// nothing without names.
func Question(suggestions []string) string {
	if len(suggestions) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(suggestions, " or ") + "?"
}

// distance returns the number of bytes to insert, delete or replace between two
// texts (Levenshtein distance). Long texts are never similar, so that no request can
// make this slow.
func distance(a, b string) int {
	if len(a) > 100 || len(b) > 100 {
		return math.MaxInt
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
