// Package lovetest holds fakes and conformance suites for tests of this project
// and of programs built on it. Import it from test packages only.
//
// [Clock] stands still until the test moves it. [Manager] is a whole manager in
// one line, for programs that publish, subscribe or command. [Commander]
// remembers the commands that it gets and answers as the test says.
//
// [RunCommander] is the suite that every commander must pass, [RunRecord] and
// [RunHolds] those of the stores of the record of commands and of authority.
//
// [RunAuthenticator] and [RunTokens] are the suites that every log-in and every
// token service must pass; [RunUserStore], [RunTokenStore], [RunKeyring] and
// [RunAuditLog] those of the stores of users, tokens, keys and audit records.
//
// [TestDomain] is the suite that every SAL bus has to pass; [NewDomain] returns
// a domain that fails on demand, and [NewComponent] a component that answers
// commands as a test wants.
package lovetest
