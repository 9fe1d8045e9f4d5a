// Package dashboard is the page that a manager shows to people who open its
// URL in a browser: what runs here, since when, and how to connect. The page is
// embedded and loads nothing from elsewhere, so it works on a mountain without
// the internet.
package dashboard
