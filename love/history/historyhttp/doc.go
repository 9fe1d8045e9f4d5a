// Package historyhttp serves the past over HTTP, beside the API of a manager: what
// streams there were, how fields went, which events there were, and the messages of a
// span as an MCAP file. Everybody who has logged in may ask, as everybody may subscribe.
//
//	GET /manager/api/history/streams/?csc=ATDome
//	GET /manager/api/history/series/?csc=ATDome&topic=position&field=azimuthPosition&from=2026-03-14T02:00:00Z&points=500
//	GET /manager/api/history/events/?csc=ATDome&topic=logevent_logMessage&limit=50
//	GET /manager/api/history/download/?from=2026-03-14T02:00:00Z&to=2026-03-14T03:00:00Z&groups=telemetry-ATDome-*-*
//
// A topic has its name in the EFD: that of telemetry, or that of an event behind
// "logevent_". Times are in RFC 3339, or seconds since 1970. The answers are described
// in the manager's OpenAPI document, with the tag "history".
package historyhttp
