// Package lovetest has fakes and conformance suites for the tests of programs built
// on this module, and of the module itself. Import it in tests only. docs/testing.md
// has three complete tests.
//
// # Fakes
//
//   - [Manager] is a whole manager, for programs that publish, subscribe or command:
//     example Screen.
//   - [Sender] stands for a manager in the tests of a producer: example Producer.
//   - [Subscribe] has what a client or a hub receives. It, a Manager and a Sender are
//     each an [Inbox]: Next and [Wait] wait for what is expected, and print what came
//     instead.
//   - [Commander] records the commands that it gets, and answers as the test sets:
//     example Commander.
//   - [NewDomain] returns a SAL domain in memory, on a [Bus] that fails on demand, and
//     [NewComponent] a [Component] on it that the test controls: example Component.
//   - [Clock] moves only when the test advances it.
//
// Where time passes, run the test in a bubble of testing/synctest, as the examples
// do; a Manager there is [InProcess]. Fakes end with the test.
//
// # Conformance suites
//
// Each suite tests one interface of this module; every implementation must pass
// it, also one of your own. The suite gets a function that it calls for each of its
// tests, and which returns what is tested, fresh.
//
//   - [RunCommander]: commander.Commander, and commander.Checker if it is one
//   - [RunRecord]: record.Store, the record of commands
//   - [RunHolds]: authority.Store, who holds authority over commands
//   - [RunFrontendStore]: frontend.Store, what the LOVE-frontend keeps
//   - [RunAuthenticator]: auth.Authenticator
//   - [RunTokens]: auth.Tokens, and auth.TokenAdmin if it is one
//   - [RunUserStore]: auth.UserStore
//   - [RunTokenStore]: jwt.TokenStore
//   - [RunKeyring]: jwt.Keyring
//   - [RunAuditLog]: audit.Log
//   - [RunBroker]: hub.Broker
//   - [RunDomain]: sal.Bus
package lovetest
