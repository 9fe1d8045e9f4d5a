// Package producer turns what components say on the SAL bus into the messages
// that a LOVE manager distributes, and answers the manager's requests to say it
// again.
//
//	manager, err := client.New(url, client.WithProcessPassword(password))
//	c := producer.NewClient(manager)
//	set, err := producer.NewSet(producer.NewFactory(domain), c, []string{"ATDome", "MTHexapod:1"})
//	err = set.Run(ctx)
//
// # The documented classes
//
// [Client] (LoveManagerClient) is the one connection that all producers share.
// After each connection it subscribes to the requests they want, sends what has
// waited while there was no manager, and has them tell the newest of the rest.
// It makes producers by name or by type ([Client.Create], [Client.CreateType]).
//
// [Message] (LoveManagerMessage) builds the messages of a component:
// subscriptions, and data with metadata.
//
// [Base] (LoveProducerBase) publishes free form objects: it polls functions,
// stores the newest of what it is given, and says it again on request.
//
// [CSC] (LoveProducerCSC) serves any SAL component: each event at once,
// telemetry once a period, heartbeats condensed.
//
// [ScriptQueue] (LoveProducerScriptqueue) is a CSC that also tells what a script
// queue holds, with the heartbeats and logs of its scripts.
//
// [Watcher] (LoveProducerWatcher) is a CSC that also keeps all alarms.
//
// [Factory] (LoveProducerFactory) chooses the type of a producer; other teams
// register theirs.
//
// [Set] (LoveProducerSet) serves a list of components until its context ends.
//
// # Producers of other teams
//
// [Producer] is what all producers have in common. A team's own embeds a
// [*Base], or implements it. In one program with a hub no socket is needed: see
// [InProcess].
package producer
