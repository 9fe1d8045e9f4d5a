package kafka

import (
	"fmt"
	"strconv"

	"github.com/rubin-love/love-go/love/sal"
)

// TopicName is the name of a topic at the brokers: "lsst.sal.ATDome.position".
// subName is "sal" in operation (spec sal-kafka, section 5).
func TopicName(subName string, t *sal.Topic) string {
	return "lsst." + subName + "." + t.Component + "." + t.SALName()
}

// Subject is where the registry keeps the versions of a topic's schema.
func Subject(subName string, t *sal.Topic) string { return TopicName(subName, t) + "-value" }

// Key is the key of messages that a remote or controller with the index
// writes. It is empty for telemetry; for events it says which messages
// compaction takes for one and the same.
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
