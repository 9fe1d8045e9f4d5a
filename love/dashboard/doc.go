// Package dashboard is the page that a manager shows to people who open its
// URL in a browser: what runs here, since when, and how to connect. [New] makes
// its http.Handler. The page is embedded and loads nothing from other servers,
// so it works without the internet.
package dashboard
