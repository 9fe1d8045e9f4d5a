// Package frontend has what the LOVE-frontend keeps in the manager: views and
// workspaces, configurations and who has selected which, emergency contacts, image tags,
// control locations, and configurations of scripts
// (docs/protocol/manager.md#frontend-api).
//
// A [Store] keeps them; [NewMemory] is one, *store.Store has one in SQLite or PostgreSQL.
// [AddFirst] gives a new store what makes the frontend useful at its first start.
// [ReadDump] reads what a Python manager has exported, [Export] writes the same form.
// The API itself is package frontendhttp.
package frontend
