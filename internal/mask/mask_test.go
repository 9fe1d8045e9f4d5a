package mask_test

import (
	"errors"
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/mask"
)

func TestAnAddressIsShownWithoutItsSecrets(t *testing.T) {
	for address, want := range map[string]string{
		"http://commander:5000":                   "http://commander:5000",
		"http://commander:5000/":                  "http://commander:5000/",
		"http://ana:SECRET@commander:5000":        "http://…@commander:5000",
		"redis://:SECRET@cache/1":                 "redis://…@cache/…",
		"http://SECRET@commander":                 "http://…@commander",
		"http://ana:SEC@RET/x@host/y":             "http://…@host/…",
		"http://ana:SE CRET@host:1x":              "http://…@host:1x",
		"ana:SECRET@host:5000":                    "…@host:5000",
		"http://host/SECRET/":                     "http://host/…",
		"http://host?token=SECRET":                "http://host?…",
		"http://host/#SECRET":                     "http://host/…",
		"postgres://ana:SECRET@host/db?sslmode=x": "postgres://…@host/…",
		"":   "",
		"%%": "%%",
	} {
		require.Equal(t, want, mask.Address(address), address)
	}
}

func TestURLsInATextAreShownWithoutUserAndQuery(t *testing.T) {
	for text, want := range map[string]string{
		`Get "http://ana:SECRET@host/a/b?token=SECRET": refused`:        `Get "http://…@host/a/b?…": refused`,
		`invalid argument "redis://:SECRET@h" for "--broker" flag`:      `invalid argument "redis://…@h" for "--broker" flag`,
		`dial ws://host:1/x?password=SECRET: refused`:                   `dial ws://host:1/x?…: refused`,
		`listen tcp: address ana:SECRET@0.0.0.0:80: too many colons`:    `listen tcp: address …@0.0.0.0:80: too many colons`,
		`two: ldap://a:SECRET@x, ldaps://b:SECRET@y`:                    `two: ldap://…@x, ldaps://…@y`,
		"in `http://a:SECRET@x`":                                        "in `http://…@x`",
		`parse "http://a:SECRET@x:y": invalid port ":y" after host`:     `parse "http://…@x:y": invalid port ":y" after host`,
		`identity=admin@summit at 10:30, mail {"to":"ana@x"}, why? a@b`: `identity=admin@summit at 10:30, mail {"to":"ana@x"}, why? a@b`,
		`http://host:8000/manager/api/cmd/ answered 404`:                `http://host:8000/manager/api/cmd/ answered 404`,
		`nothing here`: `nothing here`,
	} {
		require.Equal(t, want, mask.Text(text), text)
	}
}

func TestTheErrorOfALibraryKeepsItsCause(t *testing.T) {
	const address = "https://ana:S%2FECRET@host:1/TOKEN/x?key=KEY"
	cause := errors.New("refused")
	quoting := &url.Error{Op: "Get", URL: address + "&more=1", Err: cause}
	err := mask.Error(fmt.Errorf("asking: %w", quoting), address)
	for _, secret := range []string{"ECRET", "TOKEN", "KEY"} {
		require.NotContains(t, err.Error(), secret)
	}
	require.Contains(t, err.Error(), "host:1")
	require.Contains(t, err.Error(), "refused")
	require.ErrorIs(t, err, cause)
	require.ErrorAs(t, err, new(*url.Error))
	require.EqualError(t, mask.Error(errors.New("no log-in with S/ECRET, or S%2FECRET, at host:1/TOKEN/x/y"), address), "no log-in with …, or …, at host:1/…/y")
	require.EqualError(t, mask.Error(errors.New("bad http://a:SE CRET@h\x7f"), "http://a:SE CRET@h\x7f"), "bad http://…@h\x7f")
	require.Equal(t, cause, mask.Error(cause, address), "as it is")
	require.NoError(t, mask.Error(nil))
}
