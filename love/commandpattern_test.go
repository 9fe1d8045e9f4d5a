package love_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
)

func TestACommandPatternSelectsCommands(t *testing.T) {
	dome := love.Command{CSC: "ATDome", SalIndex: 0, Name: "cmd_moveAzimuth"}
	for text, matches := range map[string]bool{
		"ATDome": true, "AT*": true, "*": true, "ATDome:0": true, "ATDome:*:move*": true, "ATDome:?:move*muth": true,
		"atdome": false, "ATDome:1": false, "ATDome:*:cmd_move*": true, "ATDome:*:cmd_*Azimuth": true, "ATDom": false, "ATDome:*:*stop": false,
	} {
		p, err := love.ParseCommandPattern(text)
		require.NoError(t, err)
		require.Equal(t, matches, p.Matches(dome), text)
	}
	for _, bad := range []string{"", "a b", "a::b", "a:b:c:d", "[a]", "a/b", `\`, ":"} {
		_, err := love.ParseCommandPattern(bad)
		require.ErrorContains(t, err, "is not a command pattern", bad)
	}
	for _, c := range []struct {
		a, b     love.CommandPattern
		overlaps bool
	}{
		{"MT*", "*Mount", true}, {"MT*:1", "MTMount:2", false}, {"A?Dome", "ATDome:*:x", true},
		{"ATDome", "MTDome", false}, {"*:*:a*b", "*:*:b*a", false}, {"*:*:a*b", "*:*:*c*", true},
	} {
		require.Equal(t, c.overlaps, c.a.Overlaps(c.b), "%s %s", c.a, c.b)
		require.Equal(t, c.overlaps, c.b.Overlaps(c.a), "%s %s", c.b, c.a)
	}
}

func TestACommandPatternIncludesNarrowerOnes(t *testing.T) {
	for _, c := range []struct {
		a, b     love.CommandPattern
		includes bool
	}{
		{"ATDome", "ATDome:*:move*", true}, {"ATDome:*:move*", "ATDome", false}, {"*", "MT*:1:cmd_x", true},
		{"AT*:?", "ATDome:1", true}, {"AT*:?", "ATDome:*", false}, {"*Dome", "*", false}, {"a?", "a?", true}, {"a", "a?", false},
	} {
		require.Equal(t, c.includes, c.a.Includes(c.b), "%s %s", c.a, c.b)
	}
}

func FuzzCommandPattern(f *testing.F) {
	f.Add("ATDome:*:move*", "MT*", "ATDome", "cmd_moveAzimuth")
	f.Fuzz(func(t *testing.T, a, b, csc, name string) {
		p, errP := love.ParseCommandPattern(a)
		q, errQ := love.ParseCommandPattern(b)
		if errP != nil || errQ != nil {
			return
		}
		c := love.Command{CSC: csc, Name: name}
		if p.Matches(c) && q.Matches(c) {
			require.True(t, p.Overlaps(q))
		}
		if p.Includes(q) && q.Matches(c) {
			require.True(t, p.Matches(c))
		}
		require.True(t, p.Overlaps(p))
	})
}
