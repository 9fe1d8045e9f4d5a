// Package dashboard is the page that a manager shows to people who open its URL in a
// browser: the observatory live, its alarms, its script queue, commands, and the hub itself.
// [New] makes its http.Handler.
//
// The files of the page are embedded, so it works in a control room without the internet. They
// are ES modules as they were written, without a build: preact with htm and signals draws
// the interface, because it is small (12 KiB compressed), needs no compiler, and updates
// only what has changed; uPlot draws the plots. tools/vendor-page renews them.
// Where to find what is in docs/page.md, and so is love-client.js, the client that the page uses and
// that others may import.
package dashboard
