package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/internal/mask"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal/kafka"
)

// check is one thing that can be wrong with a manager.
type check struct {
	name string
	// run returns in a few words what it found. Its error says what is wrong
	// and what to do; a manager starts in spite of a warning.
	run func(ctx context.Context) (found string, err error)
}

// warning is the error of a check that does not fail.
type warning struct{ text string }

func (w warning) Error() string { return w.text }

// checkTimeout bounds one check.
const checkTimeout = 10 * time.Second

func (a *app) checkCommand() *cobra.Command {
	var f managerFlags
	var running bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Test the manager's configuration and what it depends on",
		Long: `Read the configuration of a manager, as loved manager does, test everything that it depends
on (address, database, Redis, commander, frontend, log services, Jira, mail, LDAP, OpenID provider, archive,
EFDs), and report
what works, what is wrong and what to do. Nothing
is changed, except that missing tables are created in an existing database. If the variables LSST_…
name the observatory's SAL bus, that is tested, too.

With --running it asks the manager that runs with this configuration on this machine whether it is
ready, which is quick: for the health check of a container.`,
		Args: exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if running {
				return a.checkRunning(cmd.Context(), f.listen, f.tls.cert != "")
			}
			return a.runChecks(cmd.Context(), a.checks(cmd, &f))
		},
	}
	annotate(cmd, checksSecretsAnnotation, "true")
	f.register(cmd.Flags())
	cmd.Flags().BoolVar(&running, "running", false, "ask the running manager whether it is ready, and nothing else")
	return withConfig(cmd, "manager")
}

// checks returns all checks in their order.
func (a *app) checks(cmd *cobra.Command, f *managerFlags) []check {
	return []check{
		{"settings", func(ctx context.Context) (string, error) {
			if err := f.complete(cmd.Flags(), a.env); err != nil {
				return "", err
			}
			return "complete", f.checkServer(ctx)
		}},
		{"limits", f.checkLimits},
		{"secrets", a.checkSecrets(cmd.Flags())},
		{"address", f.checkAddress},
		{"TLS", f.checkTLS},
		{"database", f.checkDatabase},
		{"Redis", f.checkBroker},
		{"shared database", f.checkSharedDatabase},
		{"commander", f.checkCommander},
		{"frontend", f.checkFrontend},
		{"log services", f.services.checkLogs},
		{"Jira", f.services.checkJira},
		{"mail server", f.services.checkMail},
		{"LDAP", f.checkLDAP},
		{"OpenID provider", f.checkOIDC},
		{"trusted issuers", f.checkIssuers},
		{"archive", f.checkArchive},
		{"EFDs", f.checkEFDs},
		{"leap seconds", checkLeapSeconds},
		{"Kafka brokers", a.checkKafka(kafka.CheckBrokers)},
		{"Kafka round trip", a.checkKafka(kafka.CheckRoundTrip)},
		{"schema registry", a.checkKafka(kafka.CheckRegistry)},
	}
}

// runChecks runs all checks, so that one run shows everything that is wrong.
func (a *app) runChecks(ctx context.Context, checks []check) error {
	failed, done := 0, 0
	said := map[string]bool{}
	for _, c := range checks {
		ctx, cancel := context.WithTimeout(ctx, checkTimeout)
		found, err := c.run(ctx)
		cancel()
		status := "ok"
		if w, ok := errors.AsType[warning](err); ok {
			status, found = "warning", w.text
		} else if err != nil {
			status, found = "FAILED", err.Error()
			if !said[found] {
				failed++
			}
		}
		if found != "" && (status == "ok" || !said[found]) { // several checks may fail for one reason
			done++
			said[found] = true
			fmt.Fprintf(a.stdout, "%-8s %s: %s\n", status, c.name, mask.Text(found))
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %s failed: the lines above say what to do", failed, counted(done, "check"))
	}
	return nil
}

// counted returns a number with what it counts, in English.
func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// checkSecrets warns of secrets that will not arrive as they were meant; it returns
// "" if there are none.
func (a *app) checkSecrets(fs *pflag.FlagSet) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		if warnings := a.secretWarnings(fs); len(warnings) > 0 {
			return "", warning{strings.Join(warnings, " ")}
		}
		return "", nil
	}
}

// checkKafka tests the observatory's SAL bus; it returns "" if none is configured.
func (a *app) checkKafka(test func(context.Context, kafka.Config) (string, error)) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		if subName, _ := a.env("LSST_TOPIC_SUBNAME"); subName == "" {
			return "", nil
		}
		config, _, err := kafka.ConfigFromEnvironment(a.env)
		if err != nil {
			return "", err
		}
		return test(ctx, config)
	}
}

// useLeapSeconds makes the program use the table of leap seconds in a file.
func useLeapSeconds(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("--leap-seconds: %w", err)
	}
	defer f.Close()
	table, err := love.ReadLeapSeconds(f)
	if err != nil {
		return fmt.Errorf("--leap-seconds %s: %w", path, err)
	}
	love.UseLeapSeconds(table)
	return nil
}

// leapWarning is how long before the table of leap seconds expires the warning
// begins.
const leapWarning = 60 * 24 * time.Hour

func checkLeapSeconds(context.Context) (string, error) { return leapSecondsAt(time.Now()) }

func leapSecondsAt(now time.Time) (string, error) {
	expiry := love.LeapSecondsExpiry()
	until := expiry.Format(time.DateOnly)
	switch left := expiry.Sub(now); {
	case left <= 0:
		return "", warning{"the table has expired on " + until + ", times may be wrong by a second: update loved, or give a newer table with --leap-seconds"}
	case left < leapWarning:
		return "", warning{"the table expires on " + until + ": update loved, or give a newer table with --leap-seconds"}
	}
	return "known until " + until, nil
}
