package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/rubin-love/love-go/love/producer"
)

// scriptQueueOptions reads the environment variables of the LOVE-producer that
// concern script queues: FINISHED_SCRIPTS_LIST_SIZE, a number from 0, and
// UPDATE_SCRIPTS_SCHEMA_ON_START, "true" or "1"
// (docs/protocol/producer.md#environment).
func scriptQueueOptions(env func(string) (string, bool)) (opts []producer.Option, err error) {
	const size, update = "FINISHED_SCRIPTS_LIST_SIZE", "UPDATE_SCRIPTS_SCHEMA_ON_START"
	if text, _ := env(size); text != "" {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 0 {
			return nil, fmt.Errorf("%s=%q: give a whole number from 0", size, text)
		}
		opts = append(opts, producer.WithFinishedScripts(n))
	}
	if text, _ := env(update); text != "" {
		opts = append(opts, producer.WithSchemas(strings.EqualFold(text, "true") || text == "1"))
	}
	return opts, nil
}
