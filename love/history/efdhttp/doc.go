// Package efdhttp is the EFD part of the LOVE-commander's HTTP API
// (docs/protocol/commander.md#efd): what the LOVE-frontend asks for its plots, its event
// log and the night report, answered from any [history.Source], an InfluxDB or an archive
// alike.
package efdhttp
