package server_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/server"
)

func TestAProcessPasswordThatCanBeGuessedIsRefused(t *testing.T) {
	for password, why := range map[string]string{"short": "shorter than 12 characters", "password1234": "most common"} {
		_, err := server.New(t.Context(), server.Config{ProcessPassword: password, ServerURL: "x"})
		require.ErrorContains(t, err, "server.Config.ProcessPassword: the password is ")
		require.ErrorContains(t, err, why)
		s, err := server.New(t.Context(), server.Config{ProcessPassword: password, ServerURL: "x", AllowWeakSecrets: true})
		require.NoError(t, err)
		require.NoError(t, s.Close(t.Context()))
	}
}

func TestOnlyPasswordsThatExistMayBeGuessable(t *testing.T) {
	var log bytes.Buffer
	_, url := serve(t, server.Config{
		Passwords: map[string]string{"admin": "secret", "user": "long and random"}, ServerURL: "x", Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	const warning = "password that can be guessed"
	require.Equal(t, 1, strings.Count(log.String(), warning), "at the start")
	for range 2 {
		_, err := client.Login(t.Context(), url, "user", "long and random")
		require.NoError(t, err)
	}
	require.Equal(t, 1, strings.Count(log.String(), warning))
	var token string
	for range 2 {
		l, err := client.Login(t.Context(), url, "admin", "secret")
		require.NoError(t, err)
		token = l.Token
	}
	require.Equal(t, 2, strings.Count(log.String(), warning), "at the first log-in of a user")
	require.NotContains(t, log.String(), "secret")

	users := url + "/manager/api/admin/users/"
	for password, want := range map[string]int{"secret": http.StatusBadRequest, "adaadaadaada": http.StatusBadRequest, "four random words": http.StatusCreated} {
		require.Equal(t, want, status(t, "POST", users, token, `{"username": "ada", "password": "`+password+`"}`), password)
	}
	require.Equal(t, http.StatusBadRequest, status(t, "PATCH", users+"ada/", token, `{"password": "password1234"}`))
	require.Equal(t, http.StatusOK, status(t, "PATCH", users+"ada/", token, `{"password": "other random words"}`))
}
