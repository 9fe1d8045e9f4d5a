//go:build !linux && !darwin && !freebsd

package store

func freeSpace(string) (bytes uint64, ok bool) { return 0, false }
