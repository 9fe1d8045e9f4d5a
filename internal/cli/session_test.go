package cli

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestASessionIsFoundByItsUserUntilTheDemoEnds(t *testing.T) {
	home := environment{"HOME": t.TempDir()}
	_, err := readSession(home.lookup)
	require.ErrorIs(t, err, errNoSession)

	s := session{Manager: "http://127.0.0.1:1", Token: "t", Users: map[string]string{"admin": "a"}}
	remove, err := s.save(home.lookup)
	require.NoError(t, err)
	found, err := readSession(home.lookup)
	require.NoError(t, err)
	require.Equal(t, s, found)

	remove()
	_, err = readSession(home.lookup)
	require.ErrorIs(t, err, errNoSession)
}

func TestASessionIsReadableByItsUserAlone(t *testing.T) {
	home := environment{"XDG_CACHE_HOME": t.TempDir()}
	path, err := sessionPath(home.lookup)
	require.NoError(t, err)
	require.NoError(t, writePrivateFile(path, nil))
	require.NoError(t, os.Chmod(path, 0o644))

	_, err = session{}.save(home.lookup)
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestADemoThatEndsLeavesTheSessionOfALaterOne(t *testing.T) {
	home := environment{"HOME": t.TempDir()}
	removeFirst, err := session{Manager: "http://127.0.0.1:1"}.save(home.lookup)
	require.NoError(t, err)
	_, err = session{Manager: "http://127.0.0.1:2"}.save(home.lookup)
	require.NoError(t, err)

	removeFirst()
	found, err := readSession(home.lookup)
	require.NoError(t, err)
	require.Equal(t, "http://127.0.0.1:2", found.Manager)
}

func TestWithoutAHomeThereIsNoPlaceForASession(t *testing.T) {
	_, err := session{}.save(environment{}.lookup)
	require.ErrorContains(t, err, "set HOME")
	_, err = readSession(environment{}.lookup)
	require.ErrorIs(t, err, errNoSession)
}
