// Package lovetest holds fakes and conformance suites for tests of this project
// and of programs built on it. Import it from test packages only.
//
// [Clock] stands still until the test moves it. [Manager] is a manager for
// programs that publish to one.
//
// [RunAuthenticator] and [RunTokens] are the suites that every log-in and every
// token service must pass; [RunUserStore], [RunTokenStore], [RunKeyring] and
// [RunAuditLog] those of the stores of users, tokens, keys and audit records.
//
// [TestDomain] is the suite that every SAL bus has to pass; [NewDomain] returns
// a domain that fails on demand, and [NewComponent] a component that answers
// commands as a test wants.
package lovetest
