package cli

import (
	"context"
	"errors"
	"expvar"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	"github.com/spf13/pflag"
)

// debugFlags are where a program can be looked into while it runs.
type debugFlags struct{ listen string }

func (f *debugFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.listen, "debug-listen", "", "`ADDRESS` of profiles and variables of the Go runtime, such as 127.0.0.1:6060 (default none); there is no log-in")
	bindEnv(fs, "debug-listen", "LOVED_DEBUG_LISTEN")
}

// serve serves profiles until the returned function is called, which waits for those that
// are under way to end.
func (f *debugFlags) serve(log *slog.Logger) (end func(), err error) {
	if f.listen == "" {
		return func() {}, nil
	}
	listener, err := net.Listen("tcp", f.listen)
	if err != nil {
		return nil, fmt.Errorf("--debug-listen: cannot listen on %q, give HOST:PORT such as 127.0.0.1:6060: %w", f.listen, err)
	}
	log.Info("profiles and variables of the runtime", "address", "http://"+listener.Addr().String()+"/debug/pprof/")
	if a, ok := listener.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() {
		log.Warn("--debug-listen is not an address of this machine alone: whoever reaches it can read what the program has in memory, and slow it down", "address", a.String())
	}
	ctx, cancel := context.WithCancel(context.Background())
	server := &http.Server{
		Handler: debugHandler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 32 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx }, // a profile of a minute ends with the program
		ErrorLog:    slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("--debug-listen", "error", err)
		}
	}()
	return func() {
		cancel()
		_ = server.Close()
		<-ended
	}, nil
}

// debugHandler serves what net/http/pprof and expvar have, without the arguments of the
// program: a secret may be among them.
func debugHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", http.NotFound)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/vars", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		before := "{\n"
		expvar.Do(func(v expvar.KeyValue) {
			if v.Key != "cmdline" {
				fmt.Fprintf(w, "%s%s: %s", before, strconv.Quote(v.Key), v.Value)
				before = ",\n"
			}
		})
		fmt.Fprint(w, "\n}\n")
	})
	return mux
}
