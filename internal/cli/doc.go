// Package cli is the program loved: its subcommands, flags and environment. It
// connects the packages under love, and holds nothing that a user of those
// packages would need.
package cli
