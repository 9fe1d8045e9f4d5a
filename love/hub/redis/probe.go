package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// CheckAddress returns what is wrong with an address and options, as [New] does.
func CheckAddress(address string, o Options) error {
	if err := o.check(); err != nil {
		return err
	}
	_, err := o.withDefaults().client(address)
	return err
}

// ErrEvicts is the error of [Probe] for a Redis that removes keys when its memory is full.
// A broker works with it, but last values that have been removed are not noticed.
var ErrEvicts = errors.New("last values are removed when the memory of Redis is full (maxmemory-policy): set maxmemory-policy noeviction")

// Probe tries whether a broker could use the Redis at an address, and returns what it found:
// version, kind, the number of managers, how long a message takes there and back. It changes
// nothing. With [ErrEvicts] it returns what it found, too.
func Probe(ctx context.Context, address string, o Options) (found string, err error) {
	if err := o.check(); err != nil {
		return "", err
	}
	o = o.withDefaults()
	settings, err := o.client(address)
	if err != nil {
		return "", err
	}
	client, err := rueidis.NewClient(settings)
	if err != nil {
		return "", fmt.Errorf("the Redis at %s cannot be used: %w", maskAddress(address), explain(err))
	}
	defer client.Close()
	cluster := client.Mode() == rueidis.ClientModeCluster
	l := newLayout(o.Prefix, cluster)
	commands, release := client.Dedicate()
	defer release()
	managers, err := commands.Do(ctx, commands.B().Scard().Key(l.managers()).Build()).AsInt64()
	if err != nil {
		return "", explain(err)
	}
	info, err := commands.Do(ctx, commands.B().Info().Build()).ToString()
	if err != nil {
		return "", explain(err)
	}
	server := parseInfo(info)
	if err := server.check(); err != nil {
		return "", err
	}
	took, err := roundTrip(ctx, client, commands, l, o.Timeout)
	if err != nil {
		return "", explain(err)
	}
	kind := "a single server"
	if cluster {
		kind = "a cluster"
	}
	others := strconv.FormatInt(managers, 10) + " managers"
	if managers == 1 {
		others = "1 manager"
	}
	found = fmt.Sprintf("Redis %s, %s, %s, a message takes %v", server["redis_version"], kind, others, took.Round(10*time.Microsecond))
	if server.evicts() {
		return found, ErrEvicts
	}
	return found, nil
}

// info is what the command INFO answers.
type info map[string]string

func parseInfo(text string) info {
	i := info{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			i[name] = value
		}
	}
	return i
}

// minVersion is the first version of Redis with sharded channels.
const minVersion = 7

func (i info) check() error {
	major, _, _ := strings.Cut(i["redis_version"], ".")
	if n, err := strconv.Atoi(major); err == nil && n < minVersion {
		return fmt.Errorf("this is Redis %s: version %d or later is needed", i["redis_version"], minVersion)
	}
	if i["role"] == "slave" {
		return errors.New("this Redis is a replica: give the address of its master, or of the sentinels")
	}
	used, _ := strconv.ParseFloat(i["used_memory"], 64)
	limit, _ := strconv.ParseFloat(i["maxmemory"], 64)
	if limit > 0 && used > 0.9*limit {
		return fmt.Errorf("%.0f %% of the memory of Redis is used: give it more (maxmemory)", 100*used/limit)
	}
	return nil
}

func (i info) evicts() bool {
	return i["maxmemory"] != "0" && i["maxmemory_policy"] != "" && i["maxmemory_policy"] != "noeviction"
}

// roundTrip returns how long a message takes from here to Redis and back.
func roundTrip(ctx context.Context, client rueidis.Client, commands rueidis.DedicatedClient, l layout, timeout time.Duration) (time.Duration, error) {
	messages, release := client.Dedicate()
	defer release()
	back := make(chan struct{}, 2)
	subscribed := make(chan struct{}, 1)
	messages.SetPubSubHooks(rueidis.PubSubHooks{
		OnMessage:      func(rueidis.PubSubMessage) { back <- struct{}{} },
		OnSubscription: func(rueidis.PubSubSubscription) { signal(subscribed) },
	})
	s := session{layout: l, commands: commands, messages: messages}
	channel := l.tag + "probe:" + strconv.FormatInt(time.Now().UnixNano(), 36)
	if err := messages.Do(ctx, s.subscription("SUBSCRIBE", []string{channel})).Error(); err != nil {
		return 0, err
	}
	begun := time.Now()
	if err := commands.Do(ctx, s.toChannel(channel, []byte("probe"))).Error(); err != nil {
		return 0, err
	}
	late := time.NewTimer(timeout)
	defer late.Stop()
	select {
	case <-back:
		return time.Since(begun), nil
	case <-late.C:
		return 0, errors.New("a message that was published does not come back: allow the user of Redis all channels of the prefix")
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
