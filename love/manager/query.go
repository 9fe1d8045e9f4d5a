package manager

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// query returns the query of a request, in which each key occurs once. It refuses an
// unknown key: a misspelt one would select everything.
func (c *call) query(known ...string) (url.Values, error) {
	q, err := c.queryOnce(known...)
	if err != nil {
		return nil, err
	}
	for key := range q {
		if !slices.Contains(known, key) {
			return nil, fieldErrors{key: {"There is no such filter: there are " + strings.Join(known, ", ") + "."}}.Refusal()
		}
	}
	return q, nil
}

// queryOnce returns the query of a request, in which each of the keys occurs at most
// once: which one of two would count is undefined.
func (c *call) queryOnce(keys ...string) (url.Values, error) {
	q, err := url.ParseQuery(c.URL.RawQuery)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "Query parse error - "+err.Error())
	}
	for _, key := range keys {
		if len(q[key]) > 1 {
			return nil, fieldErrors{key: {"Give it once."}}.Refusal()
		}
	}
	return q, nil
}

// number parses a whole number within bounds. It adds what is wrong to wrong.
func number(text, key string, least, most int, wrong fieldErrors) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		wrong[key] = []string{"Give a number from " + strconv.Itoa(least) + " to " + strconv.Itoa(most) + "."}
	}
	return n
}
