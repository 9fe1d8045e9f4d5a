package manager

// Routes lists the paths of the API with their methods, for the test that
// compares them with the OpenAPI document.
func (m *Manager) Routes() map[string][]string {
	routes := make(map[string][]string)
	for _, e := range m.endpoints() {
		for method := range e.actions {
			routes[e.path] = append(routes[e.path], method)
		}
	}
	return routes
}
