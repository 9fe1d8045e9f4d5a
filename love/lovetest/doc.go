// Package lovetest holds fakes for tests: of this project and of programs
// built on it. Import it from test packages only.
//
// [Clock] stands still until the test moves it.
package lovetest
