// Package leftout puts into words what SAL sends for a field of a command that is left
// out.
package leftout

import "fmt"

// Value returns a field as it is given on the command line, with the value that it has
// when it is left out: "azimuth=0", "path=”", "angles=[0, …] (3 elements)". The type
// is as a definition spells it.
func Value(name, typeName string, count int) string {
	value := "0"
	switch typeName {
	case "boolean":
		value = "false"
	case "string":
		value = "''"
	}
	if count > 1 {
		return fmt.Sprintf("%s=[%s, …] (%d elements)", name, value, count)
	}
	return name + "=" + value
}

// WithUnits is Value with the units, if the field has some: "azimuth=0 deg".
func WithUnits(name, typeName, units string, count int) string {
	text := Value(name, typeName, count)
	if units != "" && units != "unitless" {
		text += " " + units
	}
	return text
}
