package frontend_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/frontend"
)

// The views of a Python manager, exported by `manage.py dumpdata`.
func Example() {
	ctx, store := context.Background(), frontend.NewMemory(love.SystemClock{})
	dump, err := frontend.ReadDump(strings.NewReader(`[
		{"model": "ui_framework.view", "pk": 31, "fields": {"name": "Dome", "screen": "desktop", "data": {"content": {}}}},
		{"model": "ui_framework.view", "pk": 32, "fields": {"name": "A name that is far too long"}}]`), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, note := range dump.Notes {
		fmt.Println(note)
	}
	done, err := dump.ImportInto(ctx, store)
	fmt.Println(done.Added, "imported", err)
	v, err := store.Views().Get(ctx, 31)
	fmt.Println(v.Name, string(v.Data), err)
	// Output:
	// ui_framework.view 32 "A name that is far too long": left out: name: Ensure this field has no more than 20 characters.
	// 1 imported <nil>
	// Dome {"content": {}} <nil>
}
