package cli

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/password"
)

func TestOIDC_SettingsThatCannotWork(t *testing.T) {
	issuer := []string{"--oidc-issuer", "https://id.example", "--oidc-client-id", "love-manager", "--oidc-public-url", "https://love.example"}
	with := func(more ...string) []string { return append(append([]string{"manager"}, issuer...), more...) }
	for name, c := range map[string]struct {
		env  environment
		args []string
		want string
	}{
		"a secret alone":               {environment{"LOVED_OIDC_CLIENT_SECRET": "guess"}, []string{"manager"}, "--oidc-client-secret is given without an OpenID provider: name one with --oidc-issuer"},
		"groups alone":                 {nil, []string{"manager", "--oidc-group", "a=b"}, "--oidc-group is given without"},
		"groups of nobody":             {nil, []string{"manager", "--trust-group", "a=b"}, "--trust-group is given without an issuer"},
		"processes of nobody":          {environment{"LOVED_TRUST_PROCESS_GROUP": "x"}, []string{"manager"}, "--trust-process-group is given without an issuer"},
		"insecure alone":               {nil, []string{"manager", "--oidc-insecure"}, "--oidc-insecure is given without"},
		"no client":                    {nil, []string{"manager", "--oidc-issuer", "https://id.example", "--oidc-public-url", "https://love.example"}, "client ID"},
		"no public URL":                {nil, []string{"manager", "--oidc-issuer", "https://id.example", "--oidc-client-id", "love"}, "--oidc-public-url"},
		"a plain provider":             {nil, []string{"manager", "--oidc-issuer", "http://id.example", "--oidc-client-id", "x", "--oidc-public-url", "https://love.example"}, "not secured"},
		"a plain manager":              {nil, with("--oidc-public-url", "http://love.example"), "not secured"},
		"a plain issuer":               {nil, []string{"manager", "--trust-issuer", "http://id.example"}, "not secured"},
		"an issuer that is none":       {environment{"LOVED_TRUST_ISSUER": "id.example"}, []string{"manager"}, "not of the form https://HOST"},
		"a user in the address":        {nil, with("--oidc-issuer", "https://ana:hunter2@id.example"), "must have no user"},
		"a query in the address":       {nil, with("--oidc-public-url", "https://love.example/?token=hunter2"), "must have no query"},
		"another prefix":               {nil, with("--url-prefix", "/love"), "must end in the --url-prefix"},
		"a prefix too much":            {nil, with("--oidc-public-url", "https://love.example/love"), "must end in the --url-prefix"},
		"groups without ours":          {nil, with("--oidc-group", "operators"), "not of the form THEIRS=OURS"},
		"groups with no name of ours":  {nil, with("--oidc-group", "operators="), "not of the form THEIRS=OURS"},
		"groups without theirs":        {nil, []string{"manager", "--trust-issuer", "https://id.example", "--trust-group", "=cmd"}, "not of the form THEIRS=OURS"},
		"an unknown prompt":            {nil, with("--oidc-prompt", "nicely"), "select_account"},
		"people's tokens for services": {nil, with("--trust-issuer", "https://id.example=love-manager"), "give the services another audience"},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUser(t)
			u.env["PROCESS_CONNECTION_PASS"] = "correct horse battery"
			for k, v := range c.env {
				u.env[k] = v
			}
			got := u.run(append(c.args, "--listen", "127.0.0.1:0", "--database", "sqlite::memory:")...)
			require.Equal(t, exitUsage, got.code, got.errors)
			require.Contains(t, got.errors, c.want)
			require.NotContains(t, got.errors, "hunter2")
			require.NotContains(t, got.errors, "guess")
		})
	}
}

func TestOIDC_GroupsWithAnEqualsSign(t *testing.T) {
	got, err := parseGroupMapping("oidc-group", []string{"cn=ops,ou=love=cmd", "staff=ui_framework", "staff=night"})
	require.NoError(t, err)
	require.Equal(t, map[string][]string{"cn=ops,ou=love": {"cmd"}, "staff": {"ui_framework", "night"}}, got)
}

func TestCheck_SaysWhatIsWrongWithAProvider(t *testing.T) {
	u := newUser(t)
	u.env["PROCESS_CONNECTION_PASS"] = "correct horse battery"
	u.env["LOVED_DATABASE"] = "sqlite::memory:"
	got := u.run("check", "--oidc-issuer", "http://127.0.0.1:1", "--oidc-client-id", "love-manager", "--oidc-public-url", "http://127.0.0.1", "--oidc-insecure",
		"--trust-issuer", "http://127.0.0.1:1/realms/site=love")
	require.Equal(t, exitFailure, got.code)
	require.Regexp(t, `FAILED   OpenID provider: .*refused.*: correct --oidc-issuer`, got.out)
	require.Regexp(t, `FAILED   trusted issuers: .*refused.*: correct --trust-issuer`, got.out)
}

func TestToken_OfASignInNeedsAProvider(t *testing.T) {
	u := newUser(t)
	got := u.run("token", "--oidc", "ana")
	require.Equal(t, exitUsage, got.code)
	got = u.run("token", "--oidc", "--database", "sqlite::memory:")
	require.Equal(t, exitUsage, got.code)
	require.Contains(t, got.errors, "give one of them")
	got = u.run("token", "--oidc", "--manager", "http://127.0.0.1:1")
	require.Equal(t, exitFailure, got.code)
	require.Contains(t, got.errors, "refused")
}

func TestUserList_SaysWhereAUserLogsIn(t *testing.T) {
	u := newUser(t)
	u.useDatabase()
	db, err := (&databaseFlag{address: u.env["LOVED_DATABASE"]}).open(t.Context())
	require.NoError(t, err)
	users := auth.NewUsers(db.Users(), password.New())
	_, err = users.ProvisionBy(t.Context(), auth.User{Username: "ada"}, auth.Voucher{Identity: "https://id.example 4711"})
	require.NoError(t, err)
	_, err = users.Provision(t.Context(), auth.User{Username: "bob"})
	require.NoError(t, err)
	require.NoError(t, db.Close())
	list := u.mustRun("", "user", "list")
	require.Regexp(t, `(?m)^ada +active +OpenID only`, list)
	require.Regexp(t, `(?m)^bob +active +LDAP only`, list)
	require.Contains(t, u.mustRun("", "export"), `"identity": "https://id.example 4711"`)
}
