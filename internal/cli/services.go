package cli

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	_ "time/tzdata" // Jira tells the time in the zone of its user, and a container has no table of zones

	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/internal/mask"
	"github.com/rubin-love/love-go/love/external"
)

// serviceFlags are the services outside of LOVE that the LOVE-frontend uses, beside the
// commander.
type serviceFlags struct {
	logs                     string
	jira, jiraToken, project string
	smtp                     external.SMTPConfig
	reportTo, reportEFD      string
	siteEFD                  string
	digest                   string
	remoteStorage            bool
}

func (f *serviceFlags) register(fs *pflag.FlagSet) {
	text := func(p *string, name, value, usage string, variables ...string) {
		fs.StringVar(p, name, value, usage)
		bindEnv(fs, name, variables...)
	}
	text(&f.logs, "ole", "", "`HOST` of exposure log, narrative log and night report, or their base URL (default none)", "OLE_API_HOSTNAME", "LOVED_OLE")
	text(&f.jira, "jira", "", "`HOST` of Jira, or its base URL (default none)", "JIRA_API_HOSTNAME", "LOVED_JIRA")
	text(&f.jiraToken, "jira-token", "", "`TOKEN` for Jira: user:token in base64", "JIRA_API_TOKEN", "LOVED_JIRA_TOKEN")
	text(&f.project, "jira-project", external.DefaultJiraProject, "`NUMBER` of the project OBS at Jira", "JIRA_PROJECT_ID", "LOVED_JIRA_PROJECT")
	text(&f.smtp.Server, "smtp-server", external.DefaultMailServer, "`HOST:PORT` of the mail server for night reports; it must know STARTTLS", "LOVED_SMTP_SERVER")
	text(&f.smtp.User, "smtp-user", "", "`USER` at the mail server (default none: no reports are sent)", "SMTP_USER", "LOVED_SMTP_USER")
	text(&f.smtp.Password, "smtp-password", "", "`PASSWORD` of that user", "SMTP_PASSWORD", "LOVED_SMTP_PASSWORD")
	text(&f.smtp.From, "smtp-from", "", "`ADDRESS` of the sender (default the user, at lsst.org unless it is an address)", "LOVED_SMTP_FROM")
	text(&f.reportTo, "nightreport-mail", "", "`ADDRESS` that night reports are sent to", "NIGHTREPORT_MAIL_ADDRESS", "LOVED_NIGHTREPORT_MAIL")
	text(&f.reportEFD, "nightreport-efd", "", "`NAME` of the EFD that night reports ask (default that of $LOVE_SITE)", "LOVED_NIGHTREPORT_EFD")
	text(&f.digest, "nightly-digest", external.DefaultNightlyDigest, "`URL` of the pages that night reports link to", "NIGHTLYDIGEST_BASE_URL", "LOVED_NIGHTLY_DIGEST")
	markSecret(fs, escaped, "jira-token", "smtp-password")
}

// resolve applies what a Python deployment's environment sets.
func (f *serviceFlags) resolve(env func(string) (string, bool)) {
	f.siteEFD = siteEFD(env)
	f.reportEFD = cmp.Or(f.reportEFD, f.siteEFD)
	storage, _ := env("REMOTE_STORAGE")
	f.remoteStorage = storage != ""
}

// config returns the settings, without those of the commander.
func (f *serviceFlags) config() (c external.Config, err error) {
	c = external.Config{
		Logs: f.logs, Jira: external.Jira{Host: f.jira, Token: f.jiraToken, ProjectID: f.project},
		ReportTo: f.reportTo, EFDInstance: f.reportEFD, NightlyDigest: f.digest,
	}
	if f.smtp.User != "" && f.smtp.Password != "" {
		mailer, err := external.NewSMTP(f.smtp)
		if err != nil {
			return c, fmt.Errorf("--smtp-server, --smtp-user: %w", err)
		}
		c.Mailer = mailer
	}
	return c, nil
}

// openServices returns the services outside of LOVE.
func (f *managerFlags) openServices(log *slog.Logger) (*external.Services, error) {
	c, err := f.services.config()
	if err != nil {
		return nil, err
	}
	c.Commander, c.Host, c.Logger = f.client.address, f.serverURL, log
	if len(f.efds.sources) > 0 || f.archive.dir != "" && c.Commander == "" {
		c.EFD = efdAPI(&f.efds, f.archive.dir, f.services.siteEFD, log) // otherwise the commander's, which may have one
	}
	return external.New(c)
}

// check refuses settings that are wrong.
func (f *serviceFlags) check() error {
	c, err := f.config()
	if err != nil {
		return err
	}
	s, err := external.New(c)
	if err != nil {
		return fmt.Errorf("--ole, --jira: %w", err)
	}
	s.Close()
	return nil
}

// checkLogs, checkJira and checkMail test the services; they return "" for those that are
// not configured.
func (f *serviceFlags) checkLogs(ctx context.Context) (string, error) {
	return f.test(f.logs != "", func(s *external.Services) (string, error) { return s.CheckLogs(ctx) })
}

func (f *serviceFlags) checkJira(ctx context.Context) (string, error) {
	return f.test(f.jira != "" && f.jiraToken != "", func(s *external.Services) (string, error) { return s.CheckJira(ctx) })
}

func (f *serviceFlags) checkMail(ctx context.Context) (string, error) {
	if f.smtp.User == "" || f.smtp.Password == "" {
		return "", nil
	}
	m, err := external.NewSMTP(f.smtp)
	if err != nil {
		return "", err
	}
	return f.smtp.Server + " knows the user", m.Check(ctx)
}

func (f *serviceFlags) test(configured bool, ask func(*external.Services) (string, error)) (string, error) {
	if !configured {
		return "", nil
	}
	c, err := f.config()
	if err != nil {
		return "", err
	}
	s, err := external.New(c)
	if err != nil {
		return "", err
	}
	defer s.Close()
	return ask(s)
}

// warnings returns what is set in part only, so that the frontend's panels will show an
// error.
func (f *serviceFlags) warnings() (list []string) {
	for _, pair := range []struct {
		has, lacks    bool
		given, needed string
		withoutIt     string
	}{
		{f.jira != "", f.jiraToken == "", "--jira (JIRA_API_HOSTNAME)", "--jira-token (JIRA_API_TOKEN)", "no tickets are listed or made"},
		{f.jiraToken != "", f.jira == "", "--jira-token (JIRA_API_TOKEN)", "--jira (JIRA_API_HOSTNAME)", "no tickets are listed or made"},
		{f.smtp.User != "", f.smtp.Password == "", "--smtp-user (SMTP_USER)", "--smtp-password (SMTP_PASSWORD)", "no night reports are sent"},
		{f.smtp.User != "", f.reportTo == "", "--smtp-user (SMTP_USER)", "--nightreport-mail (NIGHTREPORT_MAIL_ADDRESS)", "no night reports are sent"},
		{f.reportTo != "", f.smtp.User == "", "--nightreport-mail (NIGHTREPORT_MAIL_ADDRESS)", "--smtp-user (SMTP_USER)", "no night reports are sent"},
	} {
		if pair.has && pair.lacks {
			list = append(list, fmt.Sprintf("%s is given without %s: %s", pair.given, pair.needed, pair.withoutIt))
		}
	}
	if f.remoteStorage {
		list = append(list, "REMOTE_STORAGE has no effect: pictures and configurations are kept in the database")
	}
	return list
}

// report logs which services there are.
func (f *serviceFlags) report(log *slog.Logger) {
	var known []any
	add := func(name, address string) {
		if address != "" {
			known = append(known, name, mask.Address(address))
		}
	}
	add("logs", f.logs)
	add("jira", f.jira)
	if f.smtp.User != "" {
		add("mail", f.smtp.Server)
	}
	if len(known) == 0 {
		log.Info("no log services, Jira or mail server: the frontend's panels for them show an error; name them with --ole, --jira and --smtp-user")
		return
	}
	log.Info("services", known...)
}
