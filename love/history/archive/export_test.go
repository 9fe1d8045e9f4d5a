package archive

// ForgetIndexes makes the next query read the indexes of all files.
func (a *Archive) ForgetIndexes() {
	a.cache.mu.Lock()
	defer a.cache.mu.Unlock()
	a.cache.used, a.cache.bytes = nil, 0
}

// Stall makes the writer wait, as a disk does that hangs, until release is called.
func (a *Archive) Stall() (release func()) {
	held := make(chan struct{})
	a.queue.push(item{request: func() { <-held }})
	return func() { close(held) }
}
