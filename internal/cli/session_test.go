package cli

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestASessionIsFoundByItsUserUntilTheDemoEnds(t *testing.T) {
	home := environment{"HOME": t.TempDir()}
	_, err := readSession(home.lookup, "")
	require.ErrorIs(t, err, errNoSession)

	s := session{Manager: "http://127.0.0.1:1", Token: "t", Users: map[string]string{"admin": "a"}}
	remove, err := s.save(home.lookup)
	require.NoError(t, err)
	found, err := readSession(home.lookup, "")
	require.NoError(t, err)
	require.Equal(t, s, found)

	remove()
	_, err = readSession(home.lookup, "")
	require.ErrorIs(t, err, errNoSession)
}

func TestASessionIsReadableByItsUserAlone(t *testing.T) {
	home := environment{"XDG_CACHE_HOME": t.TempDir()}
	folder, err := sessionFolder(home.lookup)
	require.NoError(t, err)
	path := filepath.Join(folder, "127.0.0.1_1.json")
	require.NoError(t, writePrivateFile(path, nil))
	require.NoError(t, os.Chmod(path, 0o644))

	_, err = session{Manager: "http://127.0.0.1:1"}.save(home.lookup)
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestADemoThatEndsLeavesTheSessionOfALaterOne(t *testing.T) {
	home := environment{"HOME": t.TempDir()}
	first := session{Manager: "http://127.0.0.1:1", Token: "first"}
	removeFirst, err := first.save(home.lookup)
	require.NoError(t, err)
	second := session{Manager: "http://127.0.0.1:1", Token: "second"}
	_, err = second.save(home.lookup)
	require.NoError(t, err)

	removeFirst()
	found, err := readSession(home.lookup, "")
	require.NoError(t, err)
	require.Equal(t, second, found)
}

func TestTwoDemosKeepTheirSessions(t *testing.T) {
	home := environment{"HOME": t.TempDir()}
	var urls []string
	var removes []func()
	for i := range 3 {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer listener.Close()
		if i == 0 { // it was killed, and has left its session
			require.NoError(t, listener.Close())
		}
		urls = append(urls, urlOf(listener, ""))
		remove, err := session{Manager: urls[i], Started: time.Unix(int64(i), 0)}.save(home.lookup)
		require.NoError(t, err)
		removes = append(removes, remove)
	}
	for given, want := range map[string]string{"": urls[1], urls[0]: urls[0], urls[1]: urls[1], urls[2]: urls[2]} {
		found, err := readSession(home.lookup, given)
		require.NoError(t, err)
		require.Equal(t, want, found.Manager)
	}
	_, err := readSession(home.lookup, "http://127.0.0.1:1")
	require.ErrorIs(t, err, errNoSession)
	removes[1]()
	found, err := readSession(home.lookup, "")
	require.NoError(t, err)
	require.Equal(t, urls[2], found.Manager)
}

func TestWithoutAHomeThereIsNoPlaceForASession(t *testing.T) {
	_, err := session{}.save(environment{}.lookup)
	require.ErrorContains(t, err, "set HOME")
	_, err = readSession(environment{}.lookup, "")
	require.ErrorIs(t, err, errNoSession)
}
