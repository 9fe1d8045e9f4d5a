// Package external serves the requests of the LOVE-frontend that other services answer:
// the LOVE-commander (EFD, telescope control, reports), exposure log, narrative log,
// night report, Jira and mail (docs/protocol/manager.md#external-services). Its
// [Services.Routes] are served by a manager, with the manager's log-in and permissions.
//
// A service that is not configured is answered 503 with a text that says which setting
// is missing. An answer is always JSON, whatever the service sent.
package external
