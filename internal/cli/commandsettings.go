package cli

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/server"
)

// commandSettings are the flags of a manager about what happens to commands
// before they reach the commander.
type commandSettings struct {
	name       string
	retention  time.Duration
	unrecorded bool
	authority  bool
	approval   []string
	patterns   []love.CommandPattern // of approval
}

func (f *commandSettings) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.name, "name", "", "`NAME` of this manager in the record of commands, the same after a restart (default host and port)")
	bindEnv(fs, "name", "LOVED_NAME")
	durationVar(fs, &f.retention, "command-retention", 2*365*24*time.Hour, "how long the record of commands is kept; 0 for ever")
	bindEnv(fs, "command-retention", "LOVED_COMMAND_RETENTION")
	fs.BoolVar(&f.unrecorded, "unrecorded-commands", false, "send commands even while they cannot be recorded")
	bindEnv(fs, "unrecorded-commands", "LOVED_UNRECORDED_COMMANDS")
	fs.BoolVar(&f.authority, "authority", false, "let users exclude others from commands for some time")
	bindEnv(fs, "authority", "LOVED_AUTHORITY")
	fs.StringSliceVar(&f.approval, "approval", nil, "`PATTERNS` of commands that a second person must approve, such as ATDome:*:open* (default none)")
	bindEnv(fs, "approval", "LOVED_APPROVAL")
}

// check refuses wrong settings, and parses the patterns.
func (f *commandSettings) check() error {
	f.patterns = nil
	for _, text := range f.approval {
		p, err := love.ParseCommandPattern(text)
		if err != nil {
			return fmt.Errorf("--approval: %w", err)
		}
		f.patterns = append(f.patterns, p)
	}
	if f.retention < 0 {
		return fmt.Errorf("--command-retention is %v: give a time such as 8760h, or 0", f.retention)
	}
	return nil
}

func (f *commandSettings) configure(c *server.Config) {
	c.CommandRetention, c.SendUnrecorded, c.Authority, c.Approval = f.retention, f.unrecorded, f.authority, f.patterns
}
