package sal_test

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
)

// golden decodes a file of recorded facts about the reference. They are not
// part of the project; LOVE_GOLDEN names their folder.
func golden(t *testing.T, file string, into any) {
	root := os.Getenv("LOVE_GOLDEN")
	if root == "" {
		t.Skip("LOVE_GOLDEN names no folder")
	}
	text, err := os.ReadFile(filepath.Join(root, "sal", file))
	if err != nil {
		text, err = os.ReadFile(filepath.Join(root, file))
	}
	if os.IsNotExist(err) {
		t.Skip("the folder has no " + file)
	}
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, into))
}

// realInterfaces are the observatory's definitions, which have another licence
// and are not part of the project; LOVE_SAL_INTERFACES names their folder.
func realInterfaces(t testing.TB) *sal.Definitions {
	root := os.Getenv("LOVE_SAL_INTERFACES")
	if root == "" {
		t.Skip("LOVE_SAL_INTERFACES names no folder")
	}
	defs, err := sal.ReadFolder(os.DirFS(root))
	require.NoError(t, err)
	return defs
}

func TestGoldenNames(t *testing.T) {
	var cases []struct {
		Input, Name, Error, Quirk string
		Index                     int
	}
	golden(t, "name-index.json", &cases)
	for _, c := range cases {
		name, index, err := sal.ParseName(c.Input)
		switch {
		case c.Quirk != "", c.Error == "invalid":
			require.ErrorIs(t, err, sal.ErrName, "%q", c.Input)
		case c.Error == "wildcard":
			require.ErrorIs(t, err, sal.ErrWildcard)
			require.Equal(t, c.Name, name)
		default:
			require.NoError(t, err)
			require.Equal(t, c.Name, name)
			require.Equal(t, c.Index, index)
		}
	}
}

func TestGoldenPrivateFields(t *testing.T) {
	var want struct {
		Private     []sal.Field
		AckCmd      []sal.Field
		Description string `json:"ackcmd_topic_description"`
	}
	golden(t, "private-fields.json", &want)
	c, err := interfaces(t).Component("Hexapod")
	require.NoError(t, err)
	ack, _ := c.Topic("ack_ackcmd")
	require.Equal(t, slices.Concat(want.Private, want.AckCmd), ack.Fields)
	require.Equal(t, want.Description, ack.Description)
}

func TestGoldenEnumerations(t *testing.T) {
	var enums map[string]map[string]int
	golden(t, "enums.json", &enums)
	for name, number := range enums["State"] {
		require.Equal(t, name, sal.SummaryState(number).String())
	}
	for name, number := range enums["SalRetCode"] {
		if strings.HasPrefix(name, "CMD_") {
			require.Equal(t, name, sal.AckCode(number).String())
		}
	}
}

// The digests of the README of the golden data: they cover every topic, field,
// type, unit and description of a component.
func TestGoldenComponents(t *testing.T) {
	var want struct {
		Components map[string]struct {
			Indexed                                     bool
			Commands, Events, Telemetry, Topics, Fields int
			FieldsSum                                   string `json:"fields_sha256"`
			UnitsSum                                    string `json:"units_sha256"`
			RevisionsSum                                string `json:"revcodes_sha256"`
		}
	}
	golden(t, "all-components.json", &want)
	defs := realInterfaces(t)
	require.Len(t, defs.Names(), len(want.Components))
	for name, w := range want.Components {
		t.Run(name, func(t *testing.T) {
			if strings.HasSuffix(name, "Camera") && name != "GenericCamera" {
				t.Skip("a part of its telemetry is in .avsc files")
			}
			c, err := defs.Component(name)
			require.NoError(t, err)
			require.Equal(t, w.Indexed, c.Indexed)
			if len(c.Topics) < w.Topics {
				t.Skip("its XML is not here")
			}
			require.Len(t, c.Names(sal.Command), w.Commands)
			require.Len(t, c.Names(sal.Event), w.Events)
			require.Len(t, c.Names(sal.Telemetry), w.Telemetry)
			var fields, units, revisions []string
			for _, topic := range c.Topics {
				revisions = append(revisions, topic.SALName()+"\t"+topic.RevisionCode())
				for _, f := range topic.Fields {
					fields = append(fields, fmt.Sprintf("%s\t%s\t%s\t%d", topic.SALName(), f.Name, f.Type, f.Count))
					units = append(units, topic.SALName()+"\t"+f.Name+"\t"+f.Units)
				}
			}
			require.Len(t, fields, w.Fields)
			require.Equal(t, w.FieldsSum, digest(fields))
			require.Equal(t, w.UnitsSum, digest(units))
			require.Equal(t, w.RevisionsSum, digest(revisions))
		})
	}
}

func digest(lines []string) string {
	slices.SortFunc(lines, cmp.Compare[string])
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n") + "\n"))
	return hex.EncodeToString(sum[:])
}
