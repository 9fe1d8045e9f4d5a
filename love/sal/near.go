package sal

import (
	"cmp"
	"slices"
	"strings"
)

// maxNear is the number of similar names that an error offers.
const maxNear = 3

// nearest returns the few names that were probably meant: those that differ only
// in a few letters or contain the given text.
func nearest(given string, names []string) []string {
	type candidate struct {
		name string
		far  int
	}
	var near []candidate
	small := strings.ToLower(given)
	for _, n := range names {
		d := distance(small, strings.ToLower(n))
		if small != "" && strings.Contains(strings.ToLower(n), small) {
			d = min(d, 2)
		}
		if d <= max(2, len(given)/3) {
			near = append(near, candidate{n, d})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return cmp.Compare(a.far, b.far) })
	var out []string
	for _, c := range near[:min(len(near), maxNear)] {
		out = append(out, c.name)
	}
	return out
}

// distance returns the number of bytes to insert, delete or replace between two
// texts (Levenshtein distance). Long texts are never near, so that no request can
// make this slow.
func distance(a, b string) int {
	if len(a) > 100 || len(b) > 100 {
		return 100
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
