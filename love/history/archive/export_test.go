package archive

// ForgetIndexes makes the next query read the indexes of all files.
func (a *Archive) ForgetIndexes() {
	a.cache.mu.Lock()
	defer a.cache.mu.Unlock()
	a.cache.used, a.cache.bytes = nil, 0
}
