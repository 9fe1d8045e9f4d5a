package auth

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rubin-love/love-go/love"
)

// Permission names something that a principal may do. Besides the constants
// and the results of [Model.Permission] there are command patterns,
// "CSC:salindex:command" with * and ? as wildcards: "ATDome:*:move*" allows
// just those commands.
type Permission string

// The permissions that the manager checks.
const (
	// ExecuteCommand allows every command.
	ExecuteCommand Permission = "api.command.execute_command"
	// SomeCommand is held by everybody who may send any command at all. It is
	// checked, never granted.
	SomeCommand Permission = "api.command.execute_some_command"
	// Publish allows a user's connection to publish as a process does. Even a
	// superuser must be granted it, because speaking for components is not
	// part of administration.
	Publish Permission = "api.publish"
	// ManageUsers allows administering users, groups, tokens and keys.
	ManageUsers Permission = "api.manage_users"
)

// Model is a kind of object that the LOVE-frontend keeps in the manager.
type Model struct{ App, Name string }

// Models returns the models that the API serves
// (docs/protocol/manager.md#frontend-api).
func Models() []Model {
	return []Model{
		{"api", "configfile"}, {"api", "controllocation"}, {"api", "emergencycontact"}, {"api", "imagetag"},
		{"api", "scriptconfiguration"}, {"ui_framework", "view"}, {"ui_framework", "workspace"}, {"ui_framework", "workspaceview"},
	}
}

// modelActions are what can be done to a model.
var modelActions = [...]string{"add", "change", "delete", "view"}

// Permission returns the permission to "add", "change", "delete" or "view"
// objects of the model, named as in Django: "ui_framework.add_view".
func (m Model) Permission(action string) Permission {
	return Permission(m.App + "." + action + "_" + m.Name)
}

// Permissions returns all that can be granted, except command patterns.
func Permissions() []Permission {
	all := []Permission{ExecuteCommand, ManageUsers, Publish}
	for _, m := range Models() {
		for _, action := range modelActions {
			all = append(all, m.Permission(action))
		}
	}
	return all
}

// ParsePermission parses a permission to be granted: one of [Permissions] or a
// command pattern. The error says what is valid.
func ParsePermission(text string) (Permission, error) {
	p := Permission(text)
	if slices.Contains(Permissions(), p) {
		return p, nil
	}
	if !p.IsCommand() {
		return "", fmt.Errorf("%q is not a permission: give a command pattern such as ATDome:*:move*, or one of %s", text, joined(Permissions()))
	}
	if _, err := love.ParseCommandPattern(text); err != nil {
		return "", err
	}
	return p, nil
}

func joined(ps []Permission) string {
	texts := make([]string, len(ps))
	for i, p := range ps {
		texts[i] = string(p)
	}
	return strings.Join(texts, ", ")
}

// CommandPermission returns the permission that it takes to send one command.
// The name of the command may have its prefix "cmd_".
func CommandPermission(csc string, salindex int, command string) Permission {
	return Permission(csc + ":" + strconv.Itoa(salindex) + ":" + strings.TrimPrefix(command, "cmd_"))
}

// IsCommand reports whether p is about single commands: a pattern, or a result
// of [CommandPermission].
func (p Permission) IsCommand() bool { return strings.Count(string(p), ":") == 2 }

// Allows reports whether p includes the permission wanted.
func (p Permission) Allows(wanted Permission) bool {
	switch {
	case p == wanted:
		return true
	case wanted == SomeCommand:
		return p == ExecuteCommand || p.IsCommand()
	case !wanted.IsCommand():
		return false
	case p == ExecuteCommand:
		return true
	case !p.IsCommand():
		return false
	}
	return love.CommandPattern(p).Includes(love.CommandPattern(wanted))
}
