package cli

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

func (a *app) pubCommand() *cobra.Command {
	var conn clientFlags
	cmd := &cobra.Command{
		Use:   "pub CATEGORY CSC[:INDEX] STREAM JSON",
		Short: "Publish one message",
		Long:  `Publish one message: one stream of one component. Nothing is printed unless the manager refuses it.`,
		Example: `  loved pub event ATDome summaryState '[{"summaryState": {"value": 2, "dataType": "Int", "units": ""}}]'
  loved pub telemetry ESS:301 temperature '{"temperature": 7.5}'`,
		Args: exactArgs("CATEGORY", "CSC[:INDEX]", "STREAM", "JSON"),
		RunE: func(cmd *cobra.Command, args []string) error {
			message, err := messageOf(args)
			if err != nil {
				return &usageError{err}
			}
			manager, err := a.target(cmd.Context(), conn)
			if err != nil {
				return err
			}
			return a.publish(cmd.Context(), manager, func(_ context.Context, send func([]byte) error) error {
				return send(message)
			})
		},
	}
	conn.register(cmd.Flags())
	return cmd
}

func messageOf(args []string) ([]byte, error) {
	for _, arg := range args {
		if !utf8.ValidString(arg) {
			return nil, fmt.Errorf("%q is not UTF-8", arg)
		}
	}
	csc, index, err := sal.ParseName(args[1])
	if err != nil {
		return nil, err
	}
	value := []byte(args[3])
	if err := wire.Valid(value); err != nil {
		return nil, fmt.Errorf("the value of the stream is %w; quote it for the shell", err)
	}
	return love.Message{
		Category: love.Category(args[0]),
		Data: []love.Item{{
			CSC: csc, SalIndex: love.Index(index),
			Streams: []love.Stream{{Name: args[2], Value: value}},
		}},
		ProducerSnd: love.UnixSeconds(time.Now()),
	}.AppendJSON(nil), nil
}
