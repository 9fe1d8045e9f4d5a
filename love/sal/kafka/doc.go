// Package kafka is the observatory's SAL bus: Kafka topics with Avro messages
// and a schema registry, as the observatory's Python programs speak it.
//
// [ConfigFromEnvironment] reads where that is from the variables that all SAL
// programs have; [NewBus] connects. A [sal.Domain] on the bus then gives
// remotes and controllers as on any other:
//
//	config, err := kafka.ConfigFromEnvironment(os.LookupEnv)
//	…
//	definitions, err := sal.ReadDir(folder)
//	…
//	bus, err := kafka.NewBus(config, definitions)
//	…
//	defer bus.Close()
//	domain := sal.NewDomain(bus, definitions)
//
// One bus serves a whole process: it has one consumer for all topics of all
// remotes. It reconnects by itself, for as long as it takes; remotes go on
// where they were, so that nothing is lost which the brokers still have. A
// sample that cannot be delivered is an error to who writes it.
//
// Readers are in no consumer group: each reads all partitions of its topics
// from offsets that it chooses (spec sal-kafka, sections 5 and 9.1).
package kafka
