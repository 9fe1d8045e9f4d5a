package audit_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/rubin-love/love-go/love/audit"
)

// A program that keeps its records in memory and in its own log.
func Example() {
	ctx := context.Background()
	var log audit.MemoryLog // store.Store.AuditLog keeps them in a database
	withoutTime := &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}
	auditor := audit.NewAuditor(&log, audit.WithLogger(slog.New(slog.NewTextHandler(os.Stdout, withoutTime))))

	err := auditor.Record(ctx, audit.Record{
		Actor: "ada", Address: "10.0.0.7", Action: audit.PermissionGranted, Subject: "bob", Detail: "ATDome:*:move*", Outcome: audit.Done,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	newest, err := auditor.Records(ctx, 1)
	fmt.Println(newest[0].Actor, newest[0].Action, newest[0].Outcome, err)
	// Output:
	// level=INFO msg=audit action="permission granted" actor=ada subject=bob address=10.0.0.7 outcome=done detail=ATDome:*:move*
	// ada permission granted done <nil>
}
