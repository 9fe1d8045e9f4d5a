package kafka

import (
	"fmt"
	"strconv"

	"github.com/rubin-love/love-go/love/sal"
)

// TopicName returns the name of a topic at the brokers: "lsst.sal.ATDome.position".
// subName is "sal" in operation (docs/protocol/sal-kafka.md#topics-and-keys).
func TopicName(subName string, t *sal.Topic) string {
	return "lsst." + subName + "." + t.Component + "." + t.SALName()
}

// Subject returns the subject of a topic's schema in the registry.
func Subject(subName string, t *sal.Topic) string { return TopicName(subName, t) + "-value" }

// Key returns the key of messages that a remote or controller with the index writes.
// It is empty for telemetry. Compaction keeps the newest event of each key.
func Key(t *sal.Topic, index int) []byte {
	if t.Kind == sal.Telemetry {
		return []byte{}
	}
	middle := ""
	if t.Indexed() {
		middle = `"index": ` + strconv.Itoa(index) + `, `
	}
	return fmt.Appendf(nil, `{ "name": %q, %s"topic": %q }`, t.Component, middle, t.SALName())
}
