package frontendhttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/internal/scriptconfig"
	"github.com/rubin-love/love-go/love/frontend"
	"github.com/rubin-love/love-go/love/manager"
)

const scriptsPath = "/manager/api/scriptconfiguration/"

// scriptRoutes let anybody who has logged in store configurations of scripts.
func (a *API) scriptRoutes() []manager.Route {
	scripts := resource[frontend.ScriptConfiguration, *frontend.ScriptConfiguration]{
		api: a, key: scriptsPath, table: a.store.ScriptConfigurations(), check: frontend.ScriptConfiguration.Check, show: showScript,
		order: newestScriptFirst,
	}
	return []manager.Route{
		{Path: scriptsPath, Methods: map[string]manager.Method{
			http.MethodGet: {Handler: a.handle(func(w http.ResponseWriter, r *http.Request) error {
				path, kind := r.URL.Query().Get("path"), r.URL.Query().Get("type")
				if path == "" || kind == "" {
					return scripts.list(w, r)
				}
				return a.scriptsOf(w, r, path, kind)
			})},
			http.MethodPost: {Handler: a.handle(a.createScript)},
		}},
		{Path: scriptsPath + ":id/", Methods: map[string]manager.Method{
			http.MethodGet:    {Handler: a.handle(scripts.get)},
			http.MethodPatch:  {Handler: a.handle(a.changeScript)},
			http.MethodDelete: {Handler: a.handle(scripts.remove)},
		}},
		{Path: "/manager/api/validate-config-schema/", Methods: map[string]manager.Method{http.MethodPost: {Handler: a.handle(a.validate)}}},
	}
}

func newestScriptFirst(a, b frontend.ScriptConfiguration) int { return b.Created.Compare(a.Created) }

func showScript(s frontend.ScriptConfiguration) any {
	return struct {
		ID            int64  `json:"id"`
		Path          string `json:"script_path"`
		Name          string `json:"config_name"`
		Configuration string `json:"config_schema"`
		Type          string `json:"script_type"`
		Created       string `json:"creation_timestamp"`
	}{s.ID, s.Path, s.Name, s.Configuration, s.Type, httpapi.ModelTime(s.Created)}
}

// scriptsOf answers with the configurations of one script.
func (a *API) scriptsOf(w http.ResponseWriter, r *http.Request, path, kind string) error {
	return a.serve(w, r, scriptsPath+kind+" "+path, func(ctx context.Context) (any, error) {
		all, err := a.store.ScriptConfigurations().List(ctx)
		all = slices.DeleteFunc(all, func(s frontend.ScriptConfiguration) bool { return s.Path != path || s.Type != kind })
		return shown(all, newestScriptFirst, showScript), err
	})
}

// createScript stores a configuration that is valid; else it answers 400 with what
// validate would answer.
func (a *API) createScript(w http.ResponseWriter, r *http.Request) error {
	in, err := readInput(r)
	if err != nil {
		return err
	}
	in.need("script_path", "script_type", "config_name", "config_schema", "schema")
	path, kind, name := in.line("script_path"), in.text("script_type"), in.line("config_name")
	configuration, schema := in.text("config_schema"), in.text("schema")
	s := frontend.ScriptConfiguration{Path: path.value, Type: kind.value, Name: name.value, Configuration: configuration.value}
	if err := in.refusal(s.Check()); err != nil {
		return err
	}
	if err := a.requireValid("config_schema", configuration.value, schema.value); err != nil {
		return err
	}
	if s, err = a.store.ScriptConfigurations().Create(r.Context(), s); err != nil {
		return err
	}
	return a.reply(w, http.StatusCreated, showScript(s))
}

// changeScript replaces the configuration, if the new one is valid.
func (a *API) changeScript(w http.ResponseWriter, r *http.Request) error {
	id := pathID(r)
	if id == 0 {
		return errNotFound
	}
	before, err := a.store.ScriptConfigurations().Get(r.Context(), id)
	if err != nil {
		return err
	}
	in, err := readInput(r)
	if err != nil {
		return err
	}
	in.partial = false
	in.need("config_schema", "schema")
	configuration, schema := in.text("config_schema"), in.text("schema")
	configuration.to(&before.Configuration)
	if err := in.refusal(before.Check()); err != nil {
		return err
	}
	if err := a.requireValid("config_schema", configuration.value, schema.value); err != nil {
		return err
	}
	s, err := a.store.ScriptConfigurations().Update(r.Context(), id, func(s *frontend.ScriptConfiguration) error {
		s.Configuration = configuration.value
		return nil
	})
	if err != nil {
		return err
	}
	return a.reply(w, http.StatusOK, showScript(s))
}

// requireValid returns a refusal if the configuration in a field is not valid.
func (a *API) requireValid(field, configuration, schema string) error {
	result, err := a.checkScript(field, configuration, schema)
	if err != nil {
		return err
	}
	if !result.Valid() {
		return httpapi.Refuse(http.StatusBadRequest, result)
	}
	return nil
}

// validate answers with what is wrong with a configuration, always with status 200.
func (a *API) validate(w http.ResponseWriter, r *http.Request) error {
	in, err := readInput(r)
	if err != nil {
		return err
	}
	in.need("config", "schema")
	configuration, schema := in.text("config"), in.text("schema")
	if err := in.refusal(nil); err != nil {
		return err
	}
	result, err := a.checkScript("config", configuration.value, schema.value)
	if err != nil {
		return err
	}
	return a.reply(w, http.StatusOK, result)
}

// checkScript checks the configuration in a field. Texts that are too long, and a schema that
// cannot be used, are refused.
func (a *API) checkScript(field, configuration, schema string) (scriptconfig.Result, error) {
	wrong := httpapi.FieldErrors{}
	for name, text := range map[string]string{field: configuration, "schema": schema} {
		if len(text) > scriptconfig.MaxText {
			wrong[name] = []string{fmt.Sprintf("Ensure this field has no more than %d bytes.", scriptconfig.MaxText)}
		}
	}
	if len(wrong) > 0 {
		return scriptconfig.Result{}, wrong.Refusal()
	}
	result, err := a.checker.Check(configuration, schema)
	if bad, ok := errors.AsType[*scriptconfig.SchemaError](err); ok {
		return result, httpapi.FieldErrors{"schema": {bad.Problem}}.Refusal()
	}
	if errors.Is(err, scriptconfig.ErrBusy) {
		return result, httpapi.RefuseDetail(http.StatusServiceUnavailable, "Other configurations are being checked. Try again in a moment.").With("Retry-After", "1")
	}
	return result, err
}
