package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rubin-love/love-go/love/history/archive"
)

func (a *app) historyVerify() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "verify FILE…",
		Short: "Check MCAP files, and show what they have",
		Long: `Read MCAP files as a whole: unpack each chunk, and compare its checksum, its times and its messages
with the indexes. A FILE may be the folder of an archive, for all files in it. A file that is being
written, or whose writer was killed, is not closed; it can be read all the same up to the last chunk.
Exit status 1 if something is wrong.`,
		Example: `  loved history verify night.mcap
  loved history verify /var/lib/love/archive`,
		Args: minArgs("FILE"),
		RunE: func(cmd *cobra.Command, paths []string) error {
			var files []string
			for _, path := range paths {
				files = append(files, filesOf(path)...)
			}
			return a.verifyFiles(cmd.Context(), files, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON line per file, for programs")
	return cmd
}

// filesOf returns the MCAP files in a folder, or the file itself.
func filesOf(path string) []string {
	entries, err := os.ReadDir(path)
	if err != nil {
		return []string{path} // a file, or nothing that can be read: that is found out later
	}
	var files []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".mcap") && e.Type().IsRegular() {
			files = append(files, filepath.Join(path, e.Name()))
		}
	}
	return files
}

// verifyFiles checks files and prints a line, or more, about each.
func (a *app) verifyFiles(ctx context.Context, files []string, asJSON bool) error {
	if len(files) == 0 {
		return errors.New("there are no MCAP files in the folder")
	}
	bad := 0
	for _, path := range files {
		report, err := archive.Verify(ctx, path)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		text := reportText(report)
		if err != nil { // it cannot be read at all
			if failed, ok := errors.AsType[*fs.PathError](err); ok {
				err = failed.Err
			}
			text = strings.TrimPrefix(err.Error(), path+": ")
			report.Problems = []string{text}
		}
		if len(report.Problems) > 0 {
			bad++
		}
		switch {
		case asJSON:
			err = json.NewEncoder(a.stdout).Encode(struct {
				File string `json:"file"`
				archive.Report
			}{path, report})
		case len(report.Problems) == 0:
			_, err = fmt.Fprintf(a.stdout, "ok      %s: %s\n", path, text)
		default:
			_, err = fmt.Fprintf(a.stdout, "FAILED  %s: %s\n", path, text)
			for _, problem := range report.Problems {
				if problem != text {
					fmt.Fprintf(a.stdout, "        %s\n", problem)
				}
			}
		}
		if err != nil {
			return fmt.Errorf("printing: %w", err)
		}
	}
	if bad > 0 {
		return errors.New(number(uint64(bad), "file") + " with problems")
	}
	return nil
}

// reportText says what a file has.
func reportText(r archive.Report) string {
	text := fmt.Sprintf("%s of %s, %s", number(r.Messages, "message"), number(uint64(r.Streams), "stream"), sizeText(r.Bytes))
	if r.Messages > 0 {
		now := time.Now()
		text += fmt.Sprintf(", %s to %s UTC", timeText(r.First, now), timeText(r.Last, now))
	}
	switch {
	case r.Closed:
	case r.Cut > 0:
		text += fmt.Sprintf(", not closed: the last %s are no complete chunk", sizeText(r.Cut))
	default:
		text += ", not closed"
	}
	return text
}
