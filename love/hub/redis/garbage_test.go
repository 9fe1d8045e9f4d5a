package redis_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// startGarbage starts what speaks the protocol of Redis, and answers every transaction as
// if it had no commands.
func startGarbage(t *testing.T) (address string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer conn.Close()
				for r := bufio.NewReader(conn); ; {
					words, err := readCommand(r)
					if err != nil {
						return
					}
					if _, err := io.WriteString(conn, garbageFor(words)); err != nil {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		running.Wait()
	})
	return "redis://" + l.Addr().String()
}

func garbageFor(words []string) (answer string) {
	switch strings.ToUpper(words[0]) {
	case "HELLO":
		return "%3\r\n+server\r\n+redis\r\n+version\r\n+7.0.0\r\n+proto\r\n:3\r\n"
	case "SUBSCRIBE":
		for i, channel := range words[1:] {
			answer += fmt.Sprintf(">3\r\n+subscribe\r\n$%d\r\n%s\r\n:%d\r\n", len(channel), channel, i+1)
		}
		return answer
	case "CLUSTER":
		return "-ERR This instance has cluster support disabled\r\n"
	case "SMEMBERS":
		return "~0\r\n"
	case "EXEC":
		return "*0\r\n"
	}
	return "+OK\r\n"
}

// readCommand reads an array of texts.
func readCommand(r *bufio.Reader) (words []string, err error) {
	n, err := readNumber(r)
	for ; err == nil && n > 0; n-- {
		length, err := readNumber(r)
		if err != nil {
			return nil, err
		}
		text := make([]byte, length+2)
		if _, err := io.ReadFull(r, text); err != nil {
			return nil, err
		}
		words = append(words, string(text[:length]))
	}
	return words, err
}

func readNumber(r *bufio.Reader) (int, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(line[1:]))
}

func TestATransactionWithoutItsAnswersCountsAsAFailure(t *testing.T) {
	m := newManager(t, startGarbage(t), faultOptions())
	eventually(t, func() bool {
		err := m.check()
		return err != nil && strings.Contains(err.Error(), "0 answers")
	}, "it is told why")
	local := m.session().subscribe("", "event-A-0-s")
	m.session().publish("event", "s", 1)
	require.Equal(t, value{"s", 1, false, false}, local.value(), "the manager goes on")
}
