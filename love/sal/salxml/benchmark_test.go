package salxml_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/salxml"
)

// interfaces returns the observatory's definitions if LOVE_SAL_INTERFACES names
// their folder, else those of the test data.
func interfaces(tb testing.TB) *sal.Definitions {
	folder := os.Getenv("LOVE_SAL_INTERFACES")
	if folder == "" {
		folder = ownInterfaces
	}
	defs, err := salxml.ReadDir(folder)
	require.NoError(tb, err)
	return defs
}

// BenchmarkReadAll reads all definitions and computes the revision codes of all
// topics, as a program that uses every component does: at most 0.5 s for those of
// the observatory.
func BenchmarkReadAll(b *testing.B) {
	for b.Loop() {
		readAll(b, interfaces(b))
	}
}

// BenchmarkReadRelease reads definitions as large as the observatory's: 63
// components, 3402 topics, 70000 fields.
func BenchmarkReadRelease(b *testing.B) {
	files := release()
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			defs, err := salxml.ReadFS(files)
			require.NoError(b, err)
			readAll(b, defs)
		}
	})
	b.Run("one", func(b *testing.B) {
		for b.Loop() {
			defs, err := salxml.ReadFS(files)
			require.NoError(b, err)
			_, err = defs.Component("C7")
			require.NoError(b, err)
		}
	})
}

// BenchmarkReadLargest reads the component with the most fields, and the two common
// files: at most 100 ms. The revision codes of all its topics are extra.
func BenchmarkReadLargest(b *testing.B) {
	name := largest(b, interfaces(b))
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := interfaces(b).Component(name)
			require.NoError(b, err)
		}
	})
	b.Run(name+"+revisions", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			readOne(b, interfaces(b), name)
		}
	})
}

// largest returns the component with the most fields.
func largest(b *testing.B, defs *sal.Definitions) string {
	found, most := "", -1
	for _, name := range defs.Names() {
		c, err := defs.Component(name)
		require.NoError(b, err)
		fields := 0
		for _, topic := range c.Topics {
			fields += len(topic.Fields)
		}
		if fields > most {
			found, most = name, fields
		}
	}
	return found
}

func readAll(b *testing.B, defs *sal.Definitions) {
	for _, name := range defs.Names() {
		readOne(b, defs, name)
	}
}

// readOne reads a component with the revision codes of its topics.
func readOne(b *testing.B, defs *sal.Definitions, name string) {
	c, err := defs.Component(name)
	require.NoError(b, err)
	for _, topic := range c.Topics {
		require.NotEmpty(b, topic.RevisionCode())
	}
}

// release returns definitions as large as those of the observatory.
func release() fstest.MapFS {
	const components, topics, fields = 63, 52, 12 // and ackcmd, and private fields
	files, subsystems := fstest.MapFS{}, "<SALSubsystemSet>"
	for c := range components {
		name := fmt.Sprintf("C%d", c)
		subsystems += "<SALSubsystem><Name>" + name + "</Name><IndexEnumeration>any</IndexEnumeration></SALSubsystem>"
		var text strings.Builder
		text.WriteString("<SALEventSet>")
		for t := range topics {
			fmt.Fprintf(&text, "<SALEvent><EFDB_Topic>%s_logevent_event%d</EFDB_Topic><Description>Tells something.</Description>", name, t)
			for f := range fields {
				fmt.Fprintf(&text, "<item><EFDB_Name>field%d</EFDB_Name><Description>What it means.</Description><IDL_Type>double</IDL_Type><Units>deg</Units><Count>%d</Count></item>\n", f, 1+f%3)
			}
			text.WriteString("</SALEvent>\n")
		}
		text.WriteString("</SALEventSet>")
		files[name+"/"+name+"_Events.xml"] = &fstest.MapFile{Data: []byte(text.String())}
	}
	files["SALSubsystems.xml"] = &fstest.MapFile{Data: []byte(subsystems + "</SALSubsystemSet>")}
	files["SALGenerics.xml"] = &fstest.MapFile{Data: []byte("<SALObjects><SALEventSet><SALEvent><EFDB_Topic>SALGeneric_logevent_heartbeat</EFDB_Topic><Category>mandatory</Category></SALEvent></SALEventSet></SALObjects>")}
	return files
}
