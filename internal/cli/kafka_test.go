package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/kafka"
	"github.com/rubin-love/love-go/love/sal/salxml"
)

// smallInterfaces returns a folder with the definitions of a lamp and of LOVE.
func smallInterfaces(t *testing.T) string {
	folder := t.TempDir()
	for name, text := range map[string]string{
		"SALSubsystems.xml": `<SALSubsystemSet>
			<SALSubsystem><Name>Lamp</Name><IndexEnumeration>no</IndexEnumeration></SALSubsystem>
			<SALSubsystem><Name>LOVE</Name><IndexEnumeration>no</IndexEnumeration></SALSubsystem></SALSubsystemSet>`,
		"SALGenerics.xml": `<SALObjects><SALEventSet>
			<SALEvent><Category>mandatory</Category><EFDB_Topic>SALGeneric_logevent_heartbeat</EFDB_Topic>
				<item><EFDB_Name>heartbeat</EFDB_Name><IDL_Type>boolean</IDL_Type></item></SALEvent></SALEventSet></SALObjects>`,
		"Lamp/Lamp_Commands.xml": `<SALCommandSet><SALCommand><EFDB_Topic>Lamp_command_switchOn</EFDB_Topic>
			<item><EFDB_Name>power</EFDB_Name><IDL_Type>double</IDL_Type></item></SALCommand></SALCommandSet>`,
		"Lamp/Lamp_Events.xml": `<SALEventSet><SALEvent><EFDB_Topic>Lamp_logevent_burning</EFDB_Topic>
			<item><EFDB_Name>power</EFDB_Name><IDL_Type>double</IDL_Type></item></SALEvent></SALEventSet>`,
		"LOVE/LOVE_Events.xml": `<SALEventSet><SALEvent><EFDB_Topic>LOVE_logevent_observingLog</EFDB_Topic>
			<item><EFDB_Name>message</EFDB_Name><IDL_Type>string</IDL_Type></item>
			<item><EFDB_Name>user</EFDB_Name><IDL_Type>string</IDL_Type></item></SALEvent>
			<SALEvent><EFDB_Topic>LOVE_logevent_largeFileObjectAvailable</EFDB_Topic>
			<item><EFDB_Name>url</EFDB_Name><IDL_Type>string</IDL_Type></item></SALEvent></SALEventSet>`,
	} {
		path := filepath.Join(folder, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return folder
}

// startKafka gives the user a broker and a registry, and the variables that name
// them.
func (u *user) startKafka() {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	require.NoError(u.t, err)
	u.t.Cleanup(cluster.Close)
	registry := srfake.New()
	u.t.Cleanup(registry.Close)
	u.env["LSST_TOPIC_SUBNAME"] = "test"
	u.env["LSST_KAFKA_BROKER_ADDR"] = strings.Join(cluster.ListenAddrs(), ",")
	u.env["LSST_SCHEMA_REGISTRY_URL"] = registry.URL()
	u.env["TS_XML_DIR"] = smallInterfaces(u.t)
}

// startLamp runs a component on the bus that reports the power it is commanded to.
func (u *user) startLamp() {
	config, _, err := kafka.ConfigFromEnvironment(u.env.lookup)
	require.NoError(u.t, err)
	definitions, err := salxml.ReadDir(u.env["TS_XML_DIR"])
	require.NoError(u.t, err)
	bus, err := kafka.NewBus(config, definitions)
	require.NoError(u.t, err)
	d := sal.NewDomain(bus, definitions, sal.WithOrigin(1))
	c, err := d.Controller(u.t.Context(), "Lamp", 0)
	require.NoError(u.t, err)
	require.NoError(u.t, c.Handle("switchOn", func(ctx context.Context, s *sal.Sample) error {
		_, err := c.Write(ctx, "evt_burning", sal.Values{"power": s.Float("power")})
		return err
	}))
	ended := make(chan error, 1)
	go func() { ended <- c.Run(context.Background()) }()
	u.t.Cleanup(func() {
		require.NoError(u.t, d.Close())
		require.NoError(u.t, <-ended)
		require.NoError(u.t, bus.Close())
	})
}

func TestACommandGoesInByHTTPAndItsEffectComesBackOverKafka(t *testing.T) {
	u := newUser(t)
	u.startKafka()
	u.startLamp()
	c := u.start("commander", "--sal", "kafka", "--listen", "127.0.0.1:0")
	address := c.waitFor(`LOVE commander at (\S+), of Kafka at`)[1]
	m, url := u.startManager("--commander", address)
	p := u.start("producer", "--sal", "kafka", "--manager", url, "all")
	p.waitFor(`publishing LOVE, Lamp to .* from Kafka at`)
	sub := u.subscribe("event-Lamp-0-burning")

	u.env["LOVED_PASSWORD"] = "cmd_user's"
	require.Equal(t, result{out: "Done\n"}, u.run("cmd", "--user", "cmd_user", "Lamp", "switchOn", "power=41"))
	sub.waitFor(`"power":.*41`)

	require.Equal(t, exitDone, p.stop())
	require.Equal(t, exitDone, c.stop())
	require.Equal(t, exitDone, m.stop())
}

func TestSALToolsWorkOverKafka(t *testing.T) {
	u := newUser(t)
	u.startKafka()
	u.startLamp()
	done := u.run("sal", "publish", "Lamp", "cmd_switchOn", "power=7")
	require.Equal(t, result{out: "Lamp cmd_switchOn: Done\n"}, done)
	watch := u.start("sal", "watch", "Lamp", "evt_burning")
	watch.waitFor(`Lamp evt_burning .*"power":7`)
	written := u.run("sal", "publish", "Lamp", "evt_burning", "power=8")
	require.Equal(t, exitDone, written.code, written.errors)
	watch.waitFor(`Lamp evt_burning .*"power":8`)
	require.Equal(t, exitDone, watch.stop())
}

func TestACamerasOwnFilesAreFoundOnEveryBus(t *testing.T) {
	u := newUser(t)
	u.startKafka()
	u.env["TS_XML_DIR"] = "../../love/sal/testdata/sal_interfaces" // interfaces, of the cameras, is beside it
	require.Regexp(t, `(?m)^timestamp +long `, u.run("sal", "topics", "Lens", "tel_power").out)
	for _, bus := range []string{"sim", "kafka"} {
		got := u.run("sal", "publish", "--sal", bus, "Lens", "tel_power", "timestamp=7", "state=on")
		require.Equal(t, exitDone, got.code, got.errors)
		require.Contains(t, got.out, `"timestamp":7`)
	}
}

func TestCheckTestsTheObservatorysBus(t *testing.T) {
	u := newUser(t)
	u.env["PROCESS_CONNECTION_PASS"] = "secret"
	u.startKafka()
	u.startLamp()
	got := u.run("check")
	require.Contains(t, got.out, "ok       Kafka brokers: 1 brokers")
	require.Contains(t, got.out, "ok       Kafka round trip: a message came back")
	require.Contains(t, got.out, "ok       schema registry: answers")
	u.env["LSST_SCHEMA_REGISTRY_URL"] = "registry"
	require.Regexp(t, `FAILED   \S.*: the schema registry \(LSST_SCHEMA_REGISTRY_URL\) is "registry": give a URL`, u.run("check").out)
}
