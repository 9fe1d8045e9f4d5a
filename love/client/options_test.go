package client_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/client"
)

func TestOptionsThatContradictAreErrors(t *testing.T) {
	for _, test := range []struct {
		want    string
		options []client.Option
	}{
		{"WithToken and WithProcessPassword contradict", []client.Option{client.WithToken("t"), client.WithProcessPassword("p")}},
		{"the token is empty", []client.Option{client.WithToken("")}},
		{"the password is empty", []client.Option{client.WithProcessPassword("")}},
		{"WithRetry(1s, 500ms)", []client.Option{client.WithRetry(time.Second, time.Second/2)}},
		{"WithRetry(0s, 0s)", []client.Option{client.WithRetry(0, 0)}},
		{"WithRetry and WithoutRetry contradict", []client.Option{client.WithoutRetry(), client.WithRetry(1, 2)}},
		{"WithPing(-1ns, 15s)", []client.Option{client.WithPing(-1, 0)}},
		{"WithPing(15s, -1ns)", []client.Option{client.WithPing(0, -1)}},
		{"WithBuffer(0)", []client.Option{client.WithBuffer(0)}},
	} {
		_, err := client.New("localhost", test.options...)
		require.ErrorContains(t, err, test.want)
		_, err = client.Login(t.Context(), "localhost", "ana", "", test.options...)
		require.ErrorContains(t, err, test.want)
	}
	_, err := client.New("localhost", client.WithLogger(nil), client.WithPing(0, 0))
	require.NoError(t, err)
}
