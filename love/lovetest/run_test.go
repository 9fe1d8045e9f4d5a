package lovetest_test

import (
	"fmt"
	"os"
	"testing"
)

// run runs a test from an example, which has no *testing.T, and prints whether it
// passes.
func run(name string, test func(t *testing.T)) {
	stdout := os.Stdout
	os.Stdout = os.Stderr // where the test reports, so that an example prints only the result
	passed := testing.RunTests(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: name, F: test}})
	os.Stdout = stdout
	fmt.Println(name, "passed:", passed)
}
