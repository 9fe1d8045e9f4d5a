// Package clienttest has the tests of love-client.js: they run under Node, against a manager
// that the test in this package starts and, at their request, kills, holds still, or has
// publish.
package clienttest
