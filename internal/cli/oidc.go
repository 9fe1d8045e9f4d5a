package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth/oidc"
	"github.com/rubin-love/love-go/love/server"
)

// oidcFlags are the identity provider of the site, and the issuers whose tokens count.
type oidcFlags struct {
	config           oidc.Config
	prompt           *choice
	groups, required []string
	insecure         bool

	trusted       []string
	trust         oidc.IssuerConfig // what all of them have in common
	trustedGroups []string
}

func (f *oidcFlags) register(fs *pflag.FlagSet) {
	text := func(p *string, name, value, usage, variable string) {
		fs.StringVar(p, name, value, usage)
		bindEnv(fs, name, variable)
	}
	list := func(p *[]string, name, usage, variable string) {
		fs.StringSliceVar(p, name, nil, usage)
		bindEnv(fs, name, variable)
	}
	c := &f.config
	text(&c.Issuer, "oidc-issuer", "", "`URL` of the OpenID provider where users sign in (default none)", "LOVED_OIDC_ISSUER")
	text(&c.ClientID, "oidc-client-id", "", "`ID` of the manager at the provider", "LOVED_OIDC_CLIENT_ID")
	text(&c.ClientSecret, "oidc-client-secret", "", "`SECRET` of the manager at the provider (default none: a public client)", "LOVED_OIDC_CLIENT_SECRET")
	markSecret(fs, escaped, "oidc-client-secret")
	text(&c.PublicURL, "oidc-public-url", "", "`URL` of the manager as browsers see it, with the prefix; the provider must allow it with "+oidc.CallbackPath, "LOVED_OIDC_PUBLIC_URL")
	text(&c.Name, "oidc-name", "", "`NAME` of the provider on the button (default its host)", "LOVED_OIDC_NAME")
	list(&c.Scopes, "oidc-scopes", "`SCOPES` to ask for beside openid (default profile,email)", "LOVED_OIDC_SCOPES")
	f.prompt = oneOf("provider", "login", "select_account")
	fs.Var(f.prompt, "oidc-prompt", "what the provider asks those who are logged in there: for the password (login), or who they are; for screens that several people use")
	bindEnv(fs, "oidc-prompt", "LOVED_OIDC_PROMPT")
	durationVar(fs, &c.Session, "oidc-session", oidc.DefaultSession, "how long such a log-in lasts at most")
	bindEnv(fs, "oidc-session", "LOVED_OIDC_SESSION")
	text(&c.Mapping.NameClaim, "oidc-name-claim", "preferred_username", "`CLAIM` with the user name", "LOVED_OIDC_NAME_CLAIM")
	text(&c.Mapping.GroupsClaim, "oidc-groups-claim", "groups", "`CLAIM` with the groups, such as realm_access.roles", "LOVED_OIDC_GROUPS_CLAIM")
	list(&f.groups, "oidc-group", "`THEIRS=OURS`: members of their group are in ours for as long as they are in theirs", "LOVED_OIDC_GROUP")
	list(&f.required, "oidc-require-group", "their `GROUPS` of which a user must be in one (default none: everybody may log in)", "LOVED_OIDC_REQUIRE_GROUP")
	fs.BoolVar(&c.Mapping.Adopt, "oidc-adopt", false, "also take accounts that exist without a password, such as those of LDAP, by their name")
	fs.BoolVar(&f.insecure, "oidc-insecure", false, "allow http:// for provider, manager and issuers: whoever is on the way can log in as anybody")

	list(&f.trusted, "trust-issuer", "`URL[=AUDIENCE]` of an issuer whose tokens count like ours (default none; audience "+oidc.DefaultAudience+")", "LOVED_TRUST_ISSUER")
	text(&f.trust.Mapping.NameClaim, "trust-name-claim", "sub", "`CLAIM` of such a token with the user name", "LOVED_TRUST_NAME_CLAIM")
	text(&f.trust.Mapping.GroupsClaim, "trust-groups-claim", "groups", "`CLAIM` of such a token with the groups", "LOVED_TRUST_GROUPS_CLAIM")
	list(&f.trustedGroups, "trust-group", "`THEIRS=OURS`, as --oidc-group", "LOVED_TRUST_GROUP")
	list(&f.trust.Processes, "trust-process-group", "their `GROUPS` whose members connect as a process, as producers do", "LOVED_TRUST_PROCESS_GROUP")
}

// check refuses settings that are wrong or have no effect.
func (f *oidcFlags) check(fs *pflag.FlagSet, prefix string) error {
	var orphan error
	fs.VisitAll(func(flag *pflag.Flag) {
		signIn, trust := strings.HasPrefix(flag.Name, "oidc-"), strings.HasPrefix(flag.Name, "trust-")
		switch {
		case !flag.Changed || orphan != nil:
		case signIn && f.config.Issuer == "" && (flag.Name != "oidc-insecure" || len(f.trusted) == 0):
			orphan = fmt.Errorf("--%s is given without an OpenID provider: name one with --oidc-issuer (LOVED_OIDC_ISSUER), or leave it out", flag.Name)
		case trust && len(f.trusted) == 0:
			orphan = fmt.Errorf("--%s is given without an issuer: name one with --trust-issuer (LOVED_TRUST_ISSUER), or leave it out", flag.Name)
		}
	})
	if orphan != nil {
		return orphan
	}
	signIn, issuers, err := f.open(nil)
	if err != nil {
		return err
	}
	if signIn != nil {
		public, err := url.Parse(f.config.PublicURL)
		if err != nil || strings.Trim(public.Path, "/") != strings.Trim(prefix, "/") {
			return fmt.Errorf("--oidc-public-url %s must end in the --url-prefix, %q", f.config.PublicURL, prefix)
		}
	}
	closeIdentity(signIn, issuers)
	return nil
}

// open returns the sign-in, nil if there is none, and the issuers.
func (f *oidcFlags) open(users oidc.Users, opts ...oidc.Option) (signIn *oidc.SignIn, issuers []*oidc.Issuer, err error) {
	if f.config.Issuer != "" {
		c := f.config
		c.AllowPlain = f.insecure
		if f.prompt.value != "provider" {
			c.Prompt = f.prompt.value
		}
		c.Mapping.Required = f.required
		if c.Mapping.Groups, err = parseGroupMapping("oidc-group", f.groups); err != nil {
			return nil, nil, err
		}
		if c.PublicURL == "" {
			return nil, nil, errors.New("--oidc-issuer needs --oidc-public-url (LOVED_OIDC_PUBLIC_URL): the manager's URL as browsers see it")
		}
		if signIn, err = oidc.New(c, users, opts...); err != nil {
			return nil, nil, fmt.Errorf("--oidc-…: %w", err)
		}
	}
	groups, err := parseGroupMapping("trust-group", f.trustedGroups)
	if err != nil {
		return nil, nil, err
	}
	for _, text := range f.trusted {
		c := f.trust
		c.URL, c.Audience, _ = strings.Cut(text, "=")
		if c.URL == f.config.Issuer && cmp.Or(c.Audience, oidc.DefaultAudience) == f.config.ClientID {
			return nil, nil, fmt.Errorf("--trust-issuer: the audience %q is the --oidc-client-id, so that what the provider tells about people would count as their tokens: give the services another audience, %s=AUDIENCE", f.config.ClientID, c.URL)
		}
		c.Mapping.Groups, c.AllowPlain = groups, f.insecure
		i, err := oidc.NewIssuer(c, users, opts...)
		if err != nil {
			return nil, nil, fmt.Errorf("--trust-issuer: %w", err)
		}
		issuers = append(issuers, i)
	}
	return signIn, issuers, nil
}

// parseGroupMapping parses pairs THEIRS=OURS. Their names may have an equals sign, as
// those of LDAP do.
func parseGroupMapping(flag string, pairs []string) (map[string][]string, error) {
	all := map[string][]string{}
	for _, pair := range pairs {
		i := strings.LastIndexByte(pair, '=')
		if i <= 0 || i == len(pair)-1 {
			return nil, fmt.Errorf("--%s: %q is not of the form THEIRS=OURS, such as operators=cmd", flag, pair)
		}
		all[pair[:i]] = append(all[pair[:i]], pair[i+1:])
	}
	return all, nil
}

func closeIdentity(signIn *oidc.SignIn, issuers []*oidc.Issuer) {
	if signIn != nil {
		signIn.Close()
	}
	for _, i := range issuers {
		i.Close()
	}
}

// openIdentity sets the settings for users and tokens of the site, and returns what closes
// them.
func (f *managerFlags) openIdentity(c *server.Config) (end func(), err error) {
	auditor := audit.NewAuditor(c.Storage.AuditLog(), audit.WithLogger(c.Logger))
	signIn, issuers, err := f.oidc.open(c.Users, oidc.WithAuditor(auditor), oidc.WithLogger(c.Logger))
	if err != nil {
		return nil, err
	}
	if signIn != nil {
		c.SignIn = signIn
		c.Logger.Info("users sign in at an OpenID provider", "issuer", f.oidc.config.Issuer, "callback", signIn.Info().PublicURL+oidc.CallbackPath)
	}
	for _, i := range issuers {
		c.Issuers = append(c.Issuers, i)
	}
	return func() { closeIdentity(signIn, issuers) }, nil
}

// checkOIDC asks the OpenID provider; it returns "" if there is none.
func (f *managerFlags) checkOIDC(ctx context.Context) (string, error) {
	signIn, issuers, err := f.oidc.open(nil, oidc.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil || signIn == nil {
		return "", err
	}
	defer closeIdentity(signIn, issuers)
	if err := signIn.Check(ctx); err != nil {
		return "", fmt.Errorf("%w: correct --oidc-issuer, or see why it does not answer; local users can log in without it", err)
	}
	return fmt.Sprintf("%s answers and has keys; it must allow %s%s for the client %s", f.oidc.config.Issuer, signIn.Info().PublicURL, oidc.CallbackPath, f.oidc.config.ClientID), nil
}

// checkIssuers asks the issuers whose tokens count; it returns "" if there are none.
func (f *managerFlags) checkIssuers(ctx context.Context) (string, error) {
	signIn, issuers, err := f.oidc.open(nil)
	if err != nil || len(issuers) == 0 {
		return "", err
	}
	defer closeIdentity(signIn, issuers)
	var failures []error
	for _, i := range issuers {
		within, cancel := context.WithTimeout(ctx, checkTimeout/time.Duration(len(issuers)))
		if err := i.Check(within); err != nil {
			failures = append(failures, err)
		}
		cancel()
	}
	if len(failures) > 0 {
		return "", fmt.Errorf("%w: correct --trust-issuer, or see why it does not answer; its tokens are answered 503 until it does", errors.Join(failures...))
	}
	return fmt.Sprintf("%d answer and have keys", len(issuers)), nil
}
