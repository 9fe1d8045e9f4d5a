package oidctest

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
	"golang.org/x/text/language"
)

// The manager and the machine as the provider knows them.
const (
	clientID     = "love-manager"
	clientSecret = "the secret of the manager"
	machine      = "weather-station"
)

// people are the provider's users by their IDs.
type people map[string]*storage.User

func (p people) GetUserByID(id string) *storage.User { return p[id] }

func (p people) GetUserByUsername(name string) *storage.User {
	for _, u := range p {
		if u.Username == name {
			return u
		}
	}
	return nil
}

func (p people) ExampleClientID() string { return "service" }

var everybody = people{
	"id-ada": {ID: "id-ada", Username: "ada", Password: "ada's secret", FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.org", PreferredLanguage: language.English},
	"id-eve": {ID: "id-eve", Username: "eve", Password: "eve's secret", FirstName: "Eve", PreferredLanguage: language.English},
	"id-adm": {ID: "id-adm", Username: "admin", Password: "not our admin", PreferredLanguage: language.English},
}

// groups are those of the provider's users.
var groups = map[string][]string{"id-ada": {"staff", "operators"}, "id-eve": {"staff"}, machine: {"machines"}}

// store is the provider's storage with groups, and with clients that may use the grants
// of the tests.
type store struct{ *storage.Storage }

// managerClient may also use the grant of devices.
type managerClient struct{ op.Client }

func (managerClient) GrantTypes() []oidc.GrantType {
	return []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeDeviceCode}
}

// machineClient gets JSON web tokens.
type machineClient struct{ op.Client }

func (machineClient) GrantTypes() []oidc.GrantType {
	return []oidc.GrantType{oidc.GrantTypeClientCredentials}
}
func (machineClient) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }

func (s store) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	c, err := s.Storage.GetClientByClientID(ctx, id)
	if err != nil {
		return nil, err
	}
	if id == machine {
		return machineClient{c}, nil
	}
	return managerClient{c}, nil
}

// CompleteDeviceAuthorization gives the device the user's ID: the provider's pages give it
// the name.
func (s store) CompleteDeviceAuthorization(ctx context.Context, userCode, name string) error {
	return s.Storage.CompleteDeviceAuthorization(ctx, userCode, everybody.GetUserByUsername(name).ID)
}

func (s store) SetUserinfoFromToken(ctx context.Context, info *oidc.UserInfo, tokenID, subject, origin string) error {
	info.AppendClaims("groups", groups[subject])
	return s.Storage.SetUserinfoFromToken(ctx, info, tokenID, subject, origin)
}

func (s store) ClientCredentials(ctx context.Context, id, secret string) (op.Client, error) {
	if err := s.AuthorizeClientIDSecret(ctx, id, secret); err != nil {
		return nil, err
	}
	return s.GetClientByClientID(ctx, id)
}

func (s store) ClientCredentialsTokenRequest(_ context.Context, id string, scopes []string) (op.TokenRequest, error) {
	return &oidc.JWTTokenRequest{Subject: id, Audience: []string{"love"}, Scopes: scopes}, nil
}

func (s store) GetPrivateClaimsFromScopes(_ context.Context, subject, _ string, _ []string) (map[string]any, error) {
	return map[string]any{"groups": groups[subject]}, nil
}

// startProvider starts a provider that knows the manager by its callback.
func startProvider(t *testing.T, callback string) (issuer string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	// The provider takes http for its own address only under this name.
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	issuer = "http://localhost:" + port
	clients := map[string]*storage.Client{
		clientID: storage.WebClient(clientID, clientSecret, callback),
		machine:  storage.WebClient(machine, "the secret of the machine"),
	}
	handler := exampleop.SetupServer(issuer, store{storage.NewStorageWithClients(everybody, clients)}, slog.New(slog.DiscardHandler), false)
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: handler}}
	server.Start()
	t.Cleanup(server.Close)
	return issuer
}
