// Package kafka is the observatory's SAL bus: Kafka topics with Avro messages and a
// schema registry, compatible with the observatory's Python programs.
//
// [ConfigFromEnvironment] reads the configuration from the environment variables of
// all SAL programs; [NewBus] makes the bus. A [sal.Domain] on the bus then makes
// remotes and controllers as on any other:
//
//	config, warnings, err := kafka.ConfigFromEnvironment(os.LookupEnv)
//	…
//	definitions, err := salxml.ReadDir(folder)
//	…
//	bus, err := kafka.NewBus(config, definitions)
//	…
//	defer bus.Close()
//	domain := sal.NewDomain(bus, definitions)
//
// One bus serves a whole process: it has one consumer for all topics of all remotes.
// It keeps trying to reconnect; remotes then resume where they were, so that nothing
// is lost that the brokers still have. The writer of a sample that cannot be
// delivered gets an error.
//
// Readers are not in a consumer group: each reads all partitions of its topics from
// offsets that it chooses (docs/protocol/sal-kafka.md#start-offsets). Timeouts,
// retries and the time of reception use the clock of the machine.
package kafka
