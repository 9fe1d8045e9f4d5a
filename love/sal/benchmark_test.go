package sal_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// From Write to callback, one sample at a time.
func BenchmarkWriteToCallback(b *testing.B) {
	d := sal.NewDomain(sim.NewBus(), sim.Definitions())
	defer d.Close()
	c, r := dome(b, d)
	arrived := make(chan struct{})
	_, err := r.Subscribe("tel_position", func(*sal.Sample) { arrived <- struct{}{} })
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		moved(b, c)
		<-arrived
	}
}

// As many samples as one remote takes.
func BenchmarkThroughput(b *testing.B) {
	d := sal.NewDomain(sim.NewBus(sim.WithQueue(1<<30)), sim.Definitions())
	defer d.Close()
	c, err := d.Controller(b.Context(), "ATDome", 0, sal.WriteOnly())
	require.NoError(b, err)
	r, err := d.Remote(b.Context(), "ATDome", 0, sal.WithQueue(1<<30))
	require.NoError(b, err)
	n, done := 0, make(chan struct{})
	_, err = r.Subscribe("tel_position", func(*sal.Sample) {
		if n++; n == b.N {
			close(done)
		}
	})
	require.NoError(b, err)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		moved(b, c)
	}
	<-done
}

func dome(b *testing.B, d *sal.Domain) (*sal.Controller, *sal.Remote) {
	c, err := d.Controller(b.Context(), "ATDome", 0, sal.WriteOnly())
	require.NoError(b, err)
	r, err := d.Remote(b.Context(), "ATDome", 0)
	require.NoError(b, err)
	return c, r
}

func moved(b *testing.B, c *sal.Controller) {
	_, err := c.Write(b.Context(), "tel_position", sal.Values{"azimuthPosition": 12.5, "azimuthEncoderPosition": 1, "mainDoorOpeningPercentage": 100})
	if err != nil {
		b.Fatal(err)
	}
}

// All definitions at hand, with the revision codes of all topics: what a
// program pays that talks to every component.
func BenchmarkReadFolder(b *testing.B) {
	for b.Loop() {
		readAll(b, goldenInterfaces(b))
	}
}

// A release as large as the observatory's: 63 components, 3402 topics, 70000
// fields.
func BenchmarkReadRelease(b *testing.B) {
	files := release()
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			defs, err := sal.ReadFolder(files)
			require.NoError(b, err)
			readAll(b, defs)
		}
	})
	b.Run("one", func(b *testing.B) {
		for b.Loop() {
			defs, err := sal.ReadFolder(files)
			require.NoError(b, err)
			_, err = defs.Component("C7")
			require.NoError(b, err)
		}
	})
}

// The largest component at hand, cold: the two common files and its own, and
// what a program pays besides that needs the revision codes of all its topics.
func BenchmarkReadLargest(b *testing.B) {
	name := largest(b, goldenInterfaces(b))
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := goldenInterfaces(b).Component(name)
			require.NoError(b, err)
		}
	})
	b.Run(name+"+revisions", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			readOne(b, goldenInterfaces(b), name)
		}
	})
}

// largest is the component with the most fields.
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

// release makes definitions as large as those of the observatory.
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
