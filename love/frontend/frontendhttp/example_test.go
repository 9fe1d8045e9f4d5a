package frontendhttp_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/frontend"
	"github.com/rubin-love/love-go/love/frontend/frontendhttp"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/manager"
)

// A manager of your own parts that serves views. Package server does this by itself.
func Example() {
	users := auth.NewUsers(auth.NewMemoryUserStore(), password.New())
	tokens := jwt.New(nil, users)
	sockets := hub.New(hub.WithGate(auth.Gate{Tokens: tokens}))
	defer func() { _ = sockets.Shutdown(context.Background()) }()
	api := frontendhttp.New(frontendhttp.Config{Store: frontend.NewMemory(love.SystemClock{}), Users: users.Store()})
	m, err := manager.New(manager.Config{
		Hub: sockets, Authenticator: users, Users: users, Tokens: tokens,
		Routes: api.Routes(), Configurations: api,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer m.Close()
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest("GET", "/manager/ui_framework/views/summary/", nil))
	fmt.Println(w.Code, w.Body)
	// Output:
	// 401 {"detail":"Authentication credentials were not provided."}
}
