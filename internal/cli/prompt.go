package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// prompt asks for a secret and reads it: on a terminal without showing it,
// otherwise from the first line of the input.
func (a *app) prompt(ctx context.Context, question string) (string, error) {
	type answer struct {
		text string
		err  error
	}
	read, restore := func() (string, error) { return firstLine(a.stdin) }, func() {}
	if f, ok := a.stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		state, err := term.GetState(int(f.Fd()))
		if err != nil {
			return "", fmt.Errorf("asking for the password: %w", err)
		}
		fmt.Fprint(a.stderr, question)
		read = func() (string, error) {
			text, err := term.ReadPassword(int(f.Fd()))
			return string(text), err
		}
		restore = func() {
			_ = term.Restore(int(f.Fd()), state)
			fmt.Fprintln(a.stderr)
		}
	}
	// A read of a terminal cannot be interrupted: after an interrupt it is left
	// behind, and ends with the program.
	answers := make(chan answer, 1)
	go func() {
		text, err := read()
		answers <- answer{text, err}
	}()
	defer restore()
	select {
	case a := <-answers:
		if a.err == nil && a.text == "" {
			a.err = errors.New("it is empty")
		}
		if a.err != nil {
			return "", fmt.Errorf("reading the password: %w", a.err)
		}
		return a.text, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func firstLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(r).ReadString('\n')
	if err == io.EOF {
		err = nil
	}
	return strings.TrimRight(line, "\r\n"), err
}
