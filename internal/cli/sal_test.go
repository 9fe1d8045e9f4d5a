package cli

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSALTopicsListsWhatTheDefinitionsHave(t *testing.T) {
	u := newUser(t)
	all := u.run("sal", "topics", "--sal", "sim")
	require.Equal(t, exitDone, all.code, all.errors)
	require.Contains(t, all.out, "ATDome\n")
	require.Contains(t, u.run("sal", "topics", "--sal", "sim", "ATDome").out, "cmd_moveAzimuth ")
	require.Regexp(t, `(?m)^summaryState +long `, u.run("sal", "topics", "--sal", "sim", "ATDome", "evt_summaryState").out)
}

func TestSALWatchPrintsWhatAComponentPublishes(t *testing.T) {
	got := newUser(t).run("sal", "watch", "--sal", "sim", "--count", "2", "ATDome", "tel_position")
	require.Equal(t, exitDone, got.code, got.errors)
	require.Regexp(t, `(?s)^ATDome tel_position \{.*\}\nATDome tel_position \{.*\}\n$`, got.out)
}

func TestSALPublishWritesASampleOrCommands(t *testing.T) {
	u := newUser(t)
	got := u.run("sal", "publish", "--sal", "sim", "ESS:301", "evt_errorCode", "errorCode=7")
	require.Equal(t, exitDone, got.code, got.errors)
	require.Regexp(t, `^ESS:301 evt_errorCode \{"salIndex":301,.*"errorCode":7[,}]`, got.out)
}

func TestSALToolsReportWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no definitions":       {[]string{"topics"}, "TS_XML_DIR"},
		"no such component":    {[]string{"topics", "--sal", "sim", "ATDom"}, "ATDome"},
		"no such topic":        {[]string{"watch", "--sal", "sim", "ATDome", "summaryState"}, "loved sal topics ATDome"},
		"a command to watch":   {[]string{"watch", "--sal", "sim", "ATDome", "cmd_moveAzimuth"}, "evt_ or tel_"},
		"a needless index":     {[]string{"publish", "--sal", "sim", "ATDome:1", "evt_summaryState"}, "ATDome has no instances"},
		"no such field":        {[]string{"publish", "--sal", "sim", "ATDome", "evt_summaryState", "state=1"}, "summaryState"},
		"a private field":      {[]string{"publish", "--sal", "sim", "ATDome", "evt_summaryState", "private_seqNum=1"}, "private_seqNum"},
		"kafka without a name": {[]string{"watch", "--sal-interfaces", ".", "ATDome"}, "--sal-interfaces"},
	} {
		t.Run(name, func(t *testing.T) {
			got := newUser(t).run(append([]string{"sal"}, c.args...)...)
			require.NotEqual(t, exitDone, got.code)
			require.Contains(t, got.errors, c.want)
		})
	}
}
