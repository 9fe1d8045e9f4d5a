// Package browsertest has the tests of the page in a real browser. They start a manager with
// the simulated observatory, and a headless Chromium, which LOVE_TEST_CHROMIUM names.
package browsertest
