// Package producer turns what components say on the SAL bus into the messages
// that a LOVE manager distributes, and answers the manager's requests to say it
// again.
//
//	manager, err := client.New(url, client.WithProcessPassword(password))
//	c := producer.NewClient(manager)
//	set, err := producer.NewSet(producer.NewFactory(domain), c, []string{"ATDome", "MTHexapod:1"})
//	err = set.Run(ctx)
//
// The documented classes are here: [Client] (LoveManagerClient), [Message],
// [Base], [CSC], [Factory] and [Set]; [Producer] is what all producers have in
// common, and what a team's own producer implements, most easily by embedding
// a [*Base]. In one program with a hub no socket is needed: see [InProcess].
package producer
