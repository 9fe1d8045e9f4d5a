package producer_test

import (
	"fmt"
	"maps"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
)

// command is a command that a producer has issued.
type command struct {
	At        float64
	Component string
	SalIndex  int
	Command   string
	Params    map[string]any
}

func newCommand(s *sal.Sample, at float64) command {
	c := command{At: at, Component: s.Topic().Component, SalIndex: s.Index(), Command: s.Topic().Name, Params: map[string]any{}}
	for _, f := range s.Topic().Own() {
		c.Params[f.Name] = s.Value(f.Name)
	}
	return c
}

func (c command) String() string {
	return fmt.Sprintf("@%.2f %s %v %v", c.At, c.Command, c.Params["isStandard"], c.Params["path"])
}

// expectedCommand is a recorded command, with what the component did.
type expectedCommand struct {
	command
	Timeout float64 `json:"timeout_seconds"`
	Respond []response
}

func (e expectedCommand) same(t *testing.T, c command) bool {
	require.Equal(t, 5.0, e.Timeout)
	c.At = e.At
	return fmt.Sprint(e.command) == fmt.Sprint(c) && e.Component == c.Component && e.SalIndex == c.SalIndex
}

// response is a sample or an acknowledgement.
type response struct {
	AfterSeconds float64 `json:"after_seconds"`
	sampleInput
	Ack, Result string
}

// sample returns the answer to a command that was issued so much later, in seconds,
// than the recorded one.
func (r response) sample(t *testing.T, defs *sal.Definitions, to *sal.Sample, later float64) *sal.Sample {
	if r.Ack == "" {
		in := r.sampleInput
		if later > 1e-3 || later < -1e-3 {
			in.Data = maps.Clone(in.Data)
			stamp, err := strconv.ParseFloat(string(in.Data["private_sndStamp"]), 64)
			require.NoError(t, err)
			in.Data["private_sndStamp"] = fmt.Appendf(nil, "%f", stamp+later)
		}
		return in.sample(t, defs)
	}
	c, err := defs.Component(to.Topic().Component)
	require.NoError(t, err)
	topic, ok := c.Topic("ack_ackcmd")
	require.True(t, ok)
	codes := map[string]sal.AckCode{"COMPLETE": sal.Complete, "FAILED": sal.Failed}
	require.Contains(t, codes, r.Ack)
	s, err := sal.NewSample(topic, sal.Values{
		"salIndex": to.Index(), "private_seqNum": to.Number(), "ack": int(codes[r.Ack]), "result": r.Result,
		"identity": to.Identity(), "origin": to.Origin(), "cmdtype": 0,
	})
	require.NoError(t, err)
	return s
}

// showSchema returns the command that recordings do not define.
func showSchema() *sal.Topic {
	return &sal.Topic{Kind: sal.Command, Name: "showSchema", Fields: []sal.Field{
		{Name: "isStandard", Type: sal.Boolean}, {Name: "path", Type: sal.String},
	}}
}
