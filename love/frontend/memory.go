package frontend

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/rubin-love/love-go/love"
)

// memory is a Store in memory.
type memory struct {
	clock love.Clock

	mu         sync.Mutex
	revision   int64
	views      memoryTable[View, *View]
	workspaces memoryTable[Workspace, *Workspace]
	contents   memoryTable[WorkspaceView, *WorkspaceView]
	configs    memoryTable[ConfigFile, *ConfigFile]
	contacts   memoryTable[EmergencyContact, *EmergencyContact]
	tags       memoryTable[ImageTag, *ImageTag]
	locations  memoryTable[ControlLocation, *ControlLocation]
	scripts    memoryTable[ScriptConfiguration, *ScriptConfiguration]
	pictures   map[int64]Picture // by view
	selections map[string]int64  // by user name
}

// NewMemory returns a [Store] that is lost when the process ends.
func NewMemory(clock love.Clock) Store {
	m := &memory{clock: clock, pictures: map[int64]Picture{}, selections: map[string]int64{}}
	m.views.in, m.workspaces.in, m.contents.in, m.configs.in = m, m, m, m
	m.contacts.in, m.tags.in, m.locations.in, m.scripts.in = m, m, m, m
	m.contents.check = m.checkContent
	m.views.written = m.keepPicture
	m.views.removed = func(id int64) {
		delete(m.pictures, id)
		m.contents.removeIf(func(w WorkspaceView) bool { return w.View == id })
	}
	m.workspaces.removed = func(id int64) {
		m.contents.removeIf(func(w WorkspaceView) bool { return w.Workspace == id })
	}
	m.configs.removed = func(id int64) {
		maps.DeleteFunc(m.selections, func(_ string, selected int64) bool { return selected == id })
	}
	return m
}

func (m *memory) Views() Views                                     { return memoryViews{&m.views} }
func (m *memory) Workspaces() Table[Workspace]                     { return &m.workspaces }
func (m *memory) WorkspaceViews() Table[WorkspaceView]             { return &m.contents }
func (m *memory) ConfigFiles() Table[ConfigFile]                   { return &m.configs }
func (m *memory) EmergencyContacts() Table[EmergencyContact]       { return &m.contacts }
func (m *memory) ImageTags() Table[ImageTag]                       { return &m.tags }
func (m *memory) ControlLocations() Table[ControlLocation]         { return &m.locations }
func (m *memory) ScriptConfigurations() Table[ScriptConfiguration] { return &m.scripts }

// Selections implements [Store].
func (m *memory) Selections(context.Context) (map[string]int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.selections), nil
}

// Select implements [Store].
func (m *memory) Select(_ context.Context, username string, config int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.configs.objects[config]; !ok {
		return fmt.Errorf("configuration %d: %w", config, ErrNotFound)
	}
	m.selections[username] = config
	m.revision++
	return nil
}

// Revision implements [Store].
func (m *memory) Revision() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.revision
}

// checkContent checks a view in a workspace before it is written.
func (m *memory) checkContent(w WorkspaceView) error {
	if _, ok := m.workspaces.objects[w.Workspace]; !ok {
		return &ReferenceError{"workspace", w.Workspace}
	}
	if _, ok := m.views.objects[w.View]; !ok {
		return &ReferenceError{"view", w.View}
	}
	for id, other := range m.contents.objects {
		if id != w.ID && other.View == w.View && other.Workspace == w.Workspace {
			return fmt.Errorf("view %d in workspace %d: %w", w.View, w.Workspace, ErrExists)
		}
	}
	return nil
}

// keepPicture moves the content of a picture out of its view.
func (m *memory) keepPicture(v *View) {
	switch {
	case v.Picture.Type == "":
		delete(m.pictures, v.ID)
	case len(v.Picture.Content) > 0:
		v.Picture.Content = slices.Clone(v.Picture.Content)
		m.pictures[v.ID] = v.Picture
	}
	v.Picture.Content = nil
}

// memoryViews is the table of the views.
type memoryViews struct{ *memoryTable[View, *View] }

// Summaries implements [Views].
func (v memoryViews) Summaries(ctx context.Context) ([]View, error) {
	all, err := v.List(ctx)
	for i := range all {
		all[i].Data = nil
	}
	return all, err
}

// Picture implements [Views].
func (v memoryViews) Picture(_ context.Context, view int64) (Picture, error) {
	v.in.mu.Lock()
	defer v.in.mu.Unlock()
	p, ok := v.in.pictures[view]
	if !ok {
		return Picture{}, fmt.Errorf("the picture of view %d: %w", view, ErrNotFound)
	}
	p.Content = slices.Clone(p.Content)
	return p, nil
}
