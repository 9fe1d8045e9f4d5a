package kafka_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/rubin-love/love-go/love/sal/kafka"
)

// serveVariable makes the test binary run a broker with a registry instead of tests,
// so that a benchmark measures the bus and not the fakes.
const serveVariable = "LOVE_KAFKA_SERVE"

// serverAddress is what that process writes first.
type serverAddress struct {
	Brokers  []string
	Registry string
}

// serverOrder makes it write records; it answers with an empty line when done.
type serverOrder struct {
	Topics []string
	Count  int // of each topic
	Key    []byte
	Value  []byte
}

// serve is the main function of that process, which ends with its standard input.
func serve() {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	must(err)
	defer cluster.Close()
	registry := httptest.NewServer(&quickRegistry{ids: map[string]int{}})
	defer registry.Close()
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(kgo.NoCompression()))
	must(err)
	defer client.Close()
	must(json.NewEncoder(os.Stdout).Encode(serverAddress{cluster.ListenAddrs(), registry.URL}))
	orders := json.NewDecoder(os.Stdin)
	for {
		var o serverOrder
		if err := orders.Decode(&o); err == io.EOF {
			return
		} else {
			must(err)
		}
		for n := range o.Count * len(o.Topics) {
			r := &kgo.Record{Topic: o.Topics[n%len(o.Topics)], Key: o.Key, Value: o.Value}
			client.Produce(context.Background(), r, func(_ *kgo.Record, err error) { must(err) })
		}
		must(client.Flush(context.Background()))
		fmt.Println()
	}
}

// quickRegistry only gives ids to schemas, and answers nothing else. The fake registry
// compares each schema with all others, which takes minutes for those of an
// observatory.
type quickRegistry struct {
	mu  sync.Mutex
	ids map[string]int
}

// ServeHTTP implements http.Handler.
func (q *quickRegistry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		http.Error(w, "schemas are only registered here", http.StatusMethodNotAllowed)
		return
	}
	var body struct{ Schema string }
	must(json.NewDecoder(r.Body).Decode(&body))
	q.mu.Lock()
	id, ok := q.ids[body.Schema]
	if !ok {
		id = len(q.ids) + 1
		q.ids[body.Schema] = id
	}
	q.mu.Unlock()
	fmt.Fprintf(w, `{"id": %d}`, id)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// server is that process as a benchmark uses it.
type server struct {
	tb      testing.TB
	address serverAddress
	in      io.WriteCloser
	out     *bufio.Reader
}

func startServer(tb testing.TB) *server {
	program, err := os.Executable()
	require.NoError(tb, err)
	command := exec.Command(program)
	command.Env = append(os.Environ(), serveVariable+"=1", "GOMAXPROCS=1")
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	require.NoError(tb, err)
	out, err := command.StdoutPipe()
	require.NoError(tb, err)
	require.NoError(tb, command.Start())
	s := &server{tb: tb, in: in, out: bufio.NewReader(out)}
	tb.Cleanup(func() {
		require.NoError(tb, in.Close())
		require.NoError(tb, command.Wait())
	})
	line, err := s.out.ReadBytes('\n')
	require.NoError(tb, err)
	require.NoError(tb, json.Unmarshal(line, &s.address))
	return s
}

func (s *server) config() kafka.Config {
	return kafka.Config{SubName: "bench", Brokers: s.address.Brokers, Registry: s.address.Registry}
}

// order makes the server write records; it does not wait until they are all written.
func (s *server) order(o serverOrder) {
	require.NoError(s.tb, json.NewEncoder(s.in).Encode(o))
}

// done waits until an order has been executed.
func (s *server) done() {
	_, err := s.out.ReadBytes('\n')
	require.NoError(s.tb, err)
}
