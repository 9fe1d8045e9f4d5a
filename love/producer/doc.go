// Package producer publishes data to a LOVE manager, which distributes it to
// viewers: the events and telemetry of components on the SAL bus, or data of any
// other kind.
//
//	manager, err := client.New(url, client.WithProcessPassword(password))
//	c := producer.NewClient(manager)
//	set, err := producer.NewSet(producer.NewFactory(domain), c, []string{"ATDome", "MTHexapod:1"})
//	err = set.Run(ctx)
//
// A producer of your own publishes the fields of a struct:
//
//	station := producer.NewInstance("WeatherStation", 1)
//	err = station.Event(ctx, "roof", struct {
//		Closed bool `love:"closed"`
//	}{true})
//	c.Add(station)
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
// [Base] (LoveProducerBase) publishes telemetry and events that do not come from SAL:
// it polls functions, stores the newest event of each stream, and sends it again on
// request.
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
// All producers implement [Producer]. A team's own producer is a [*Base], embeds one, or
// implements the interface itself; then it sends [Data] to a [Sender], which is the
// [Client], or in a test a lovetest.Sender. A producer in the same program
// as a hub needs no socket: see [InProcess].
//
// # Options
//
// Options have the type of what they apply to, so that a wrong combination does
// not compile: a [ClientOption] is for a Client; a [BaseOption] for any producer; a
// [CSCOption] for a CSC, a Watcher or a ScriptQueue; a [ScriptQueueOption] for a
// ScriptQueue. A Factory takes any [Option].
package producer
