package lovego_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	docLink  = regexp.MustCompile(`\bdocs/[a-z/-]+\.md(?:#[a-z0-9-]+)?`)
	mdLink   = regexp.MustCompile(`\]\(([^)\s:]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#+ (.*)$`)
	unlinked = regexp.MustCompile(`[^\w\- ]`)
	inline   = regexp.MustCompile("`[^`\n]+`")
	// goName finds commander.Execute, commander.Error.Fault and *record.Recorder.
	goName = regexp.MustCompile(`\b([a-z]+)\.([A-Z]\w*)(?:\.([A-Z]\w*))?`)
)

// TestLinksToTheDocumentsWork follows every mention of a document in the
// comments of the code, and every link between documents.
func TestLinksToTheDocumentsWork(t *testing.T) {
	links := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "tools"):
			return fs.SkipDir
		case filepath.Ext(path) == ".go":
			text, err := os.ReadFile(path)
			for _, link := range docLink.FindAllString(string(text), -1) {
				links++
				follow(t, path, ".", link)
			}
			return err
		case filepath.Ext(path) == ".md":
			text, err := os.ReadFile(path)
			for _, link := range mdLink.FindAllStringSubmatch(string(text), -1) {
				links++
				follow(t, path, filepath.Dir(path), link[1])
			}
			return err
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, links, 100)
}

func follow(t *testing.T, from, dir, link string) {
	t.Helper()
	file, anchor, _ := strings.Cut(link, "#")
	target := filepath.Join(dir, file)
	if file == "" {
		target = from
	}
	info, err := os.Stat(target)
	if err != nil {
		t.Errorf("%s links to %s, which does not exist", from, link)
		return
	}
	if anchor == "" || info.IsDir() {
		return
	}
	text, err := os.ReadFile(target)
	require.NoError(t, err)
	for _, h := range heading.FindAllStringSubmatch(string(text), -1) {
		if strings.ReplaceAll(unlinked.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-") == anchor {
			return
		}
	}
	t.Errorf("%s links to %s: %s has no such heading", from, link, target)
}

// TestTheDocumentsNameWhatExists looks up the names of Go in the documents.
func TestTheDocumentsNameWhatExists(t *testing.T) {
	exported := exportedNames(t)
	documents, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	found := 0
	for _, path := range append(documents, "README.md") {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, code := range inline.FindAllString(string(text), -1) {
			for _, name := range goName.FindAllStringSubmatch(code, -1) {
				names, ours := exported[name[1]]
				if !ours {
					continue
				}
				found++
				if !names[name[2]] || name[3] != "" && !names[name[2]+"."+name[3]] {
					t.Errorf("%s names %s, which does not exist", path, name[0])
				}
			}
		}
	}
	require.Greater(t, found, 50)
}

// exportedNames returns the exported names of the public packages by the package's
// name. Methods and fields are "Type.Name".
func exportedNames(t *testing.T) map[string]map[string]bool {
	all := map[string]map[string]bool{}
	err := filepath.WalkDir("love", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.Name() == "internal":
			return fs.SkipDir
		case filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		names := all[file.Name.Name]
		if names == nil {
			names = map[string]bool{}
			all[file.Name.Name] = names
		}
		addNames(names, file)
		return nil
	})
	require.NoError(t, err)
	return all
}

func addNames(names map[string]bool, file *ast.File) {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			name := d.Name.Name
			if d.Recv != nil {
				name = receiver(d.Recv.List[0].Type) + "." + name
			}
			names[name] = true
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.ValueSpec:
					for _, n := range s.Names {
						names[n.Name] = true
					}
				case *ast.TypeSpec:
					names[s.Name.Name] = true
					addMembers(names, s)
				}
			}
		}
	}
}

// addMembers adds the fields of a struct, or the methods of an interface.
func addMembers(names map[string]bool, s *ast.TypeSpec) {
	var members *ast.FieldList
	switch of := s.Type.(type) {
	case *ast.StructType:
		members = of.Fields
	case *ast.InterfaceType:
		members = of.Methods
	default:
		return
	}
	for _, m := range members.List {
		for _, n := range m.Names {
			names[s.Name.Name+"."+n.Name] = true
		}
	}
}

func receiver(of ast.Expr) string {
	switch of := of.(type) {
	case *ast.StarExpr:
		return receiver(of.X)
	case *ast.IndexExpr:
		return receiver(of.X)
	case *ast.Ident:
		return of.Name
	}
	return ""
}
