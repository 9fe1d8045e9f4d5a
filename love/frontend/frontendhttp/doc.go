// Package frontendhttp is the part of the LOVE-manager's HTTP API that serves the
// LOVE-frontend's own data (docs/protocol/manager.md#frontend-api): views, workspaces,
// thumbnails, configurations, contacts, tags, locations, users, and configurations of
// scripts. An [API] has the routes for a manager, and tells it the configuration of each
// user:
//
//	api := frontendhttp.New(frontendhttp.Config{Store: frontend.NewMemory(love.SystemClock{})})
//	manager.New(manager.Config{…, Routes: api.Routes(), Configurations: api})
package frontendhttp
