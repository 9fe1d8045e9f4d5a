// Package cli is the program loved: its subcommands, flags and environment. It
// wires the packages under love together, and holds nothing that a user of those
// packages could want.
package cli
