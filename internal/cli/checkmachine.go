package cli

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/rubin-love/love-go/internal/machine"
	"github.com/rubin-love/love-go/love"
)

// fewDescriptors is below how many file descriptors a manager is warned about.
const fewDescriptors = 4096

// checkDescriptors tells how many connections there can be.
func (f *managerFlags) checkDescriptors(context.Context) (string, error) {
	return f.limits.descriptorsOf(ownResources())
}

func (f *limitFlags) descriptorsOf(r resources) (string, error) {
	if r.descriptors == 0 {
		return "", nil // the system does not say
	}
	text := fmt.Sprintf("%d for this process, enough for %d websockets beside HTTP requests, database and commander", r.descriptors, f.sessions(r))
	if r.descriptors < fewDescriptors {
		return "", warning{text + ": for more, " + more + "; the limit may be another one where the manager runs"}
	}
	return text, nil
}

// checkProxies tells whose word is taken for the address of a client, and which requests
// of the manager go through another proxy.
func (f *managerFlags) checkProxies(env func(string) (string, bool)) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		if text := f.outgoingProxy(env); text != "" {
			return "", warning{text}
		}
		for _, n := range f.proxies {
			if n.Bits() == 0 {
				return "", warning{fmt.Sprintf("--trusted-proxies has %v: every client can pretend to have another address, which escapes the limits of log-ins and spoils the audit records; name the proxies alone", n)}
			}
		}
		if len(f.proxies) == 0 {
			return "none is trusted: behind a proxy all clients count as one address, so name it with --trusted-proxies", nil
		}
		var all []string
		for _, n := range f.proxies {
			all = append(all, n.String())
		}
		text := "X-Forwarded-For and X-Real-IP are taken from " + strings.Join(all, ", ")
		if f.listensOnLoopback() && !f.proxies.Contains(netip.MustParseAddr("127.0.0.1")) && !f.proxies.Contains(netip.IPv6Loopback()) {
			return "", warning{text + ", but only this machine reaches " + f.listen + ": add 127.0.0.1 to --trusted-proxies, or listen on another address"}
		}
		return text, nil
	}
}

func (f *managerFlags) listensOnLoopback() bool {
	host, _, err := net.SplitHostPort(f.listen)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// outgoingProxy returns a warning if requests to EFDs go through the proxy of the
// environment; "" if not.
func (f *managerFlags) outgoingProxy(env func(string) (string, bool)) string {
	if len(f.efds.efds) == 0 {
		return ""
	}
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"} {
		value, _ := env(name)
		without, _ := env("NO_PROXY")
		small, _ := env("no_proxy")
		if value != "" && without == "" && small == "" {
			return name + " is set, so the EFDs are asked through that proxy: name the hosts of the site in NO_PROXY if they are to be asked directly"
		}
	}
	return ""
}

// clockError is beyond which error of the clock an operator is warned: the age of data on
// a screen is no better.
const clockError = 500 * time.Millisecond

// checkClock asks the system whether its clock is right.
func checkClock(context.Context) (string, error) {
	c, known := machine.ReadClock()
	return clockAt(time.Now(), built(), c, known)
}

// built returns the time of the commit that this program was built of; zero if unknown.
func built() (t time.Time) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return t
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			t, _ = time.Parse(time.RFC3339, s.Value)
		}
	}
	return t
}

func clockAt(now, built time.Time, c machine.Clock, known bool) (string, error) {
	shown := now.UTC().Format(time.RFC3339)
	offset := love.LeapSeconds(now)
	switch {
	case now.Before(built):
		return "", fmt.Errorf("it is %s by the clock, before this program was made (%s): set the clock; tokens and time stamps would be wrong", shown, built.UTC().Format(time.RFC3339))
	case !known:
		return shown + "; the system does not say whether it is synchronized", nil
	case !c.Synchronized:
		return "", warning{shown + ", and the clock is not synchronized: run chrony or another client of NTP; the time stamps of messages and the delivery times in the metrics depend on it"}
	case c.MaxError > clockError:
		return "", warning{fmt.Sprintf("%s, give or take %v: see why NTP is that far from its servers", shown, c.MaxError.Round(time.Millisecond))}
	case c.TAI != 0 && c.TAI != offset:
		return "", fmt.Errorf("TAI is %v ahead of UTC by the kernel and %v by the table of leap seconds: update loved, or give a newer table with --leap-seconds, or mend that of the NTP client", c.TAI, offset)
	}
	return fmt.Sprintf("%s, synchronized to %v; TAI is %v ahead", shown, c.MaxError.Round(time.Millisecond), offset), nil
}
