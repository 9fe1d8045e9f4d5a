package efd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/rubin-love/love-go/love/history"
)

// maxAnswer is how many bytes of one answer are read.
const maxAnswer = 64 << 20

// ask sends a query and calls f for each row of the answer, with the names of its
// columns. An answer with more rows than most is an error.
func (e *EFD) ask(ctx context.Context, query string, most int, f func(row []any, columns []string) error) error {
	limited, cancel := context.WithTimeoutCause(ctx, e.config.Timeout, fmt.Errorf("it does not answer within %s", e.config.Timeout))
	defer cancel()
	err := e.exchange(limited, query, most, f)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case limited.Err() != nil:
		return fmt.Errorf("%w: the EFD: %w", history.ErrUnavailable, context.Cause(limited))
	case errors.Is(err, history.ErrTooMuch):
		return err
	}
	return fmt.Errorf("%w: the EFD: %w", history.ErrUnavailable, err)
}

func (e *EFD) exchange(ctx context.Context, query string, most int, f func(row []any, columns []string) error) error {
	body := strings.NewReader(url.Values{"q": {query}}.Encode())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.query, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if e.config.Username != "" {
		req.SetBasicAuth(e.config.Username, e.config.Password)
	}
	resp, err := e.config.HTTP.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // without the address
		}
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden {
		return fmt.Errorf("it refuses the user and password that it was given (HTTP %d): correct them", resp.StatusCode)
	}
	limit := &io.LimitedReader{R: resp.Body, N: maxAnswer}
	a := answer{decoder: json.NewDecoder(limit), most: most, row: f}
	a.decoder.UseNumber()
	err = a.read()
	switch {
	case limit.N <= 0:
		return fmt.Errorf("%w: the EFD answers with more than %d bytes", history.ErrTooMuch, maxAnswer)
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("its answer ends in the middle")
	case err != nil && resp.StatusCode != http.StatusOK && a.problem == nil:
		return fmt.Errorf("HTTP %d", resp.StatusCode)
	}
	return err
}

// answer reads an answer of InfluxDB while it comes:
//
//	{"results":[{"series":[{"name":…,"columns":[…],"values":[[…],…],"partial":true}],"error":…}]}
type answer struct {
	decoder *json.Decoder
	most    int
	rows    int
	row     func(row []any, columns []string) error
	columns []string
	problem error // that the database reports
}

func (a *answer) read() error {
	err := a.object(func(name string) error {
		switch name {
		case "results":
			return a.list(func() error { return a.object(a.result) })
		case "error":
			return a.error()
		}
		return a.skip()
	})
	if err != nil {
		return err
	}
	return a.problem
}

func (a *answer) result(name string) error {
	switch name {
	case "series":
		return a.list(func() error { a.columns = nil; return a.object(a.series) })
	case "error":
		return a.error()
	}
	return a.skip()
}

func (a *answer) series(name string) error {
	switch name {
	case "columns":
		return a.decoder.Decode(&a.columns)
	case "values":
		return a.list(a.value)
	case "partial":
		partial := false
		if err := a.decoder.Decode(&partial); err != nil || !partial {
			return err
		}
		return fmt.Errorf("%w: the EFD gives only the first %d rows (its max-row-limit)", history.ErrTooMuch, a.rows)
	}
	return a.skip()
}

func (a *answer) value() error {
	var row []any
	if err := a.decoder.Decode(&row); err != nil {
		return err
	}
	if len(row) == 0 || len(row) != len(a.columns) {
		return errors.New("its answer has a row without columns")
	}
	if a.rows++; a.rows > a.most {
		return fmt.Errorf("%w: the EFD answers with more than the %d rows that were asked for", history.ErrTooMuch, a.most)
	}
	return a.row(row, a.columns)
}

func (a *answer) error() error {
	text := ""
	if err := a.decoder.Decode(&text); err != nil {
		return err
	}
	a.problem = errors.New(text)
	return nil
}

func (a *answer) skip() error {
	var any json.RawMessage
	return a.decoder.Decode(&any)
}

// object reads an object and calls f for each of its members, with the value next.
func (a *answer) object(f func(name string) error) error {
	if err := a.expect('{'); err != nil {
		return err
	}
	for a.decoder.More() {
		token, err := a.decoder.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		if err := f(name); err != nil {
			return err
		}
	}
	return a.expect('}')
}

// list reads a list and calls f for each of its elements.
func (a *answer) list(f func() error) error {
	if err := a.expect('['); err != nil {
		return err
	}
	for a.decoder.More() {
		if err := f(); err != nil {
			return err
		}
	}
	return a.expect(']')
}

func (a *answer) expect(want json.Delim) error {
	token, err := a.decoder.Token()
	if err != nil {
		return err
	}
	if token != want {
		return errors.New("its answer is not that of an InfluxDB 1.x: check the address")
	}
	return nil
}
