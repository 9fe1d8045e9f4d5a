package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// reading is one measurement.
type reading struct {
	temperature float64 // deg_C
	humidity    float64 // percent
}

// parse reads lines of temperature and humidity.
func parse(r io.Reader) ([]reading, error) {
	lines := csv.NewReader(r)
	lines.FieldsPerRecord, lines.Comment, lines.TrimLeadingSpace = 2, '#', true
	var readings []reading
	for {
		fields, err := lines.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("a line has temperature and humidity, separated by a comma: %w", err)
		}
		var r reading
		for i, into := range []*float64{&r.temperature, &r.humidity} {
			if *into, err = strconv.ParseFloat(fields[i], 64); err != nil || math.IsInf(*into, 0) {
				line, _ := lines.FieldPos(i)
				return nil, fmt.Errorf("line %d: %q is not a number", line, fields[i])
			}
		}
		readings = append(readings, r)
	}
	if readings == nil {
		return nil, errors.New("there are no readings in the file")
	}
	return readings, nil
}
