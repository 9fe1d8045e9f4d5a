package kafka_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/kafka"
	"github.com/rubin-love/love-go/love/sal/salxml"
)

// A component writes an event, and a remote that starts later knows it. The broker and
// the registry are fakes here; those of the observatory are named by environment
// variables, see ConfigFromEnvironment.
func Example() {
	broker := kfake.MustCluster(kfake.NumBrokers(1))
	defer broker.Close()
	registry := srfake.New()
	defer registry.Close()

	definitions, err := salxml.ReadFS(os.DirFS("testdata/interfaces"))
	if err != nil {
		fmt.Println(err)
		return
	}
	bus, err := kafka.NewBus(kafka.Config{SubName: "test", Brokers: broker.ListenAddrs(), Registry: registry.URL()}, definitions)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer bus.Close()
	domain := sal.NewDomain(bus, definitions)
	defer domain.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	lamp, err := domain.Controller(ctx, "Lamp", 0, sal.WriteOnly())
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := lamp.Write(ctx, "evt_burning", sal.Values{"on": true, "power": 40}); err != nil {
		fmt.Println(err)
		return
	}
	remote, err := domain.Remote(ctx, "Lamp", 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	burning, _ := remote.Latest("evt_burning")
	fmt.Println(burning.Bool("on"), burning.Float("power"), burning.Identity())
	// Output: true 40 Lamp
}

// The variables are those that all SAL programs read.
func ExampleConfigFromEnvironment() {
	variables := map[string]string{
		"LSST_TOPIC_SUBNAME":       "sal",
		"LSST_KAFKA_BROKER_ADDR":   "sasquatch-base-kafka-bootstrap:9092",
		"LSST_SCHEMA_REGISTRY_URL": "http://sasquatch-base-schema-registry:8081",
	}
	config, _, err := kafka.ConfigFromEnvironment(func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	})
	fmt.Println(config.SubName, config.Brokers, err)
	// Output: sal [sasquatch-base-kafka-bootstrap:9092] <nil>
}
