// Package producer turns what components say on the SAL bus into the messages
// that a LOVE manager distributes, and answers the manager's requests to send
// them again.
//
//	manager, err := client.New(url, client.WithProcessPassword(password))
//	c := producer.NewClient(manager)
//	set, err := producer.NewSet(producer.NewFactory(domain), c, []string{"ATDome", "MTHexapod:1"})
//	err = set.Run(ctx)
//
// # The documented classes
//
// [Client] (LoveManagerClient) is the connection to the manager that all
// producers share. Each time it connects, it subscribes to the requests that the
// producers want, sends what waited while there was no manager, and has the
// producers send the newest data of all other streams. It makes producers by name
// or by type ([Client.Create], [Client.CreateType]).
//
// [Message] (LoveManagerMessage) builds the messages of a component:
// subscriptions, and data with metadata.
//
// [Base] (LoveProducerBase) publishes free-form objects: it polls functions,
// stores the newest object of each key, and sends it again on request.
//
// [CSC] (LoveProducerCSC) serves any SAL component: it sends each event at once,
// telemetry once a period, and a summary of the heartbeats.
//
// [ScriptQueue] (LoveProducerScriptqueue) is a CSC that also sends the content of
// a script queue, and the heartbeats and log messages of its scripts.
//
// [Watcher] (LoveProducerWatcher) is a CSC that also keeps all alarms.
//
// [Factory] (LoveProducerFactory) chooses the type of a producer; other teams
// register their own.
//
// [Set] (LoveProducerSet) serves a list of components until its context ends.
//
// # Producers of other teams
//
// All producers implement [Producer]. A team's own producer embeds a [*Base] or
// implements the interface itself. A producer in the same program as a hub needs
// no socket: see [InProcess].
package producer
