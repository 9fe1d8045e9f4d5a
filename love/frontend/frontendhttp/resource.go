package frontendhttp

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/frontend"
	"github.com/rubin-love/love-go/love/manager"
)

// object is a pointer to an object of the frontend.
type object[T any] interface {
	*T
	Object() *frontend.Meta
}

// resource answers the requests about the objects of a kind.
type resource[T any, P object[T]] struct {
	api   *API
	key   string // the path of the list
	table frontend.Table[T]
	order func(a, b T) int // of the list; nil: by ID
	// read returns what sets the fields of an object to those of a body.
	read  func(*input) func(*T)
	check func(T) frontend.Problems
	show  func(T) any           // as JSON
	fresh func(*http.Request) T // a new object, before its fields are set; may be nil
}

// pathID returns the ID in a path; 0 if it is none.
func pathID(r *http.Request) int64 { return frontend.ParseID(manager.Param(r, "id")) }

func (s resource[T, P]) list(w http.ResponseWriter, r *http.Request) error {
	return s.api.serve(w, r, s.key, func(ctx context.Context) (any, error) {
		all, err := s.table.List(ctx)
		if err != nil {
			return nil, err
		}
		return shown(all, s.order, s.show), nil
	})
}

// shown returns the objects of a list as JSON shows them, never nil.
func shown[T any](all []T, order func(a, b T) int, show func(T) any) []any {
	if order != nil {
		slices.SortStableFunc(all, order)
	}
	list := make([]any, len(all))
	for i, o := range all {
		list[i] = show(o)
	}
	return list
}

func (s resource[T, P]) get(w http.ResponseWriter, r *http.Request) error {
	id := pathID(r)
	if id == 0 {
		return errNotFound
	}
	return s.api.serve(w, r, fmt.Sprint(s.key, " ", id), func(ctx context.Context) (any, error) {
		o, err := s.table.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		return s.show(o), nil
	})
}

func (s resource[T, P]) create(w http.ResponseWriter, r *http.Request) error {
	in, err := readInput(r)
	if err != nil {
		return err
	}
	var o T
	if s.fresh != nil {
		o = s.fresh(r)
	}
	s.read(in)(&o)
	if err := in.refusal(s.check(o)); err != nil {
		return err
	}
	o, err = s.table.Create(r.Context(), o)
	if err != nil {
		return err
	}
	return s.api.reply(w, http.StatusCreated, s.show(o))
}

func (s resource[T, P]) change(w http.ResponseWriter, r *http.Request) error {
	o, err := s.apply(r)
	if err != nil {
		return err
	}
	return s.api.reply(w, http.StatusOK, s.show(o))
}

// apply does what PUT and PATCH ask for. Of changes at the same time the last one counts,
// for each field that it names.
func (s resource[T, P]) apply(r *http.Request) (o T, err error) {
	id := pathID(r)
	if id == 0 {
		return o, errNotFound
	}
	in, err := readInput(r)
	if err != nil {
		return o, err
	}
	set := s.read(in)
	return s.table.Update(r.Context(), id, func(o *T) error {
		set(o)
		return in.refusal(s.check(*o))
	})
}

func (s resource[T, P]) remove(w http.ResponseWriter, r *http.Request) error {
	id := pathID(r)
	if id == 0 {
		return errNotFound
	}
	if err := s.table.Delete(r.Context(), id); err != nil {
		return err
	}
	s.api.write(w, httpapi.Answer{Status: http.StatusNoContent})
	return nil
}

// routes are those of objects that anybody who has logged in may read, and whoever has
// the permissions of their model may change.
func (s resource[T, P]) routes(model auth.Model) []manager.Route {
	all := changes(model, s.api.handle(s.create), nil, nil)
	all[http.MethodGet] = manager.Method{Handler: s.api.handle(s.list)}
	one := changes(model, nil, s.api.handle(s.change), s.api.handle(s.remove))
	one[http.MethodGet] = manager.Method{Handler: s.api.handle(s.get)}
	return []manager.Route{{Path: s.key, Methods: all}, {Path: s.key + ":id/", Methods: one}}
}
