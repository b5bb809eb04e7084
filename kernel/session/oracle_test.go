package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write into the table of cells what Go makes of them")

// TestGoAgrees makes ordinary programs of the table of cells, has the Go
// toolchain build and run them, and compares with what the table says.
//
// In a program the declarations of the cells are declarations of a package, the
// variables of their statements are its variables, and the statements of each
// cell are a function, which ends with what the cell would show.
func TestGoAgrees(t *testing.T) {
	if testing.Short() && !*update {
		return
	}
	all := cellCases(t)
	var mu sync.Mutex
	got := map[*cellCase]string{}
	runGo(t, all, func(c *cellCase, text string) {
		mu.Lock()
		defer mu.Unlock()
		got[c] = text
	})
	asked := 0
	for _, c := range all {
		text, ok := got[c]
		if !ok {
			continue
		}
		asked++
		if *update {
			c.want = text
		} else if text != c.want {
			t.Errorf("%s: %s\n%s\n--- in Go gives\n%s\n--- the table has\n%s", c.file, c.name, strings.Join(c.cells, "---\n"), text, c.want)
		}
	}
	if *update {
		writeCases(t, all)
	}
	t.Logf("Go made the same of %d of %d cases; the others are about the kernel", asked, len(all))
}

// folder is where the programs seem to be, within this module.
const folder = "kernel/session/oracleprograms"

// runGo builds all programs as packages of one and runs each in a process.
func runGo(t *testing.T, all []*cellCase, tell func(c *cellCase, text string)) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	overlay := map[string]string{}
	add := func(name, text string) {
		file := filepath.Join(dir, strings.ReplaceAll(name, "/", "_"))
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		overlay[filepath.Join(root, folder, name)] = file
	}
	add("show/show.go", showSource)
	var imports, table strings.Builder
	programs := map[string]*cellCase{}
	for i, c := range all {
		if c.kernelOnly() {
			continue
		}
		pkg := fmt.Sprintf("p%04d", i)
		text, err := c.asProgram(t, pkg)
		if err != nil {
			t.Errorf("%s: %s: %v", c.file, c.name, err)
			continue
		}
		programs[pkg] = c
		add(pkg+"/p.go", text)
		fmt.Fprintf(&imports, "\t%q\n", modulePath+folder+"/"+pkg)
		fmt.Fprintf(&table, "\t%q: %s.Run,\n", pkg, pkg)
	}
	add("main.go", "package main\n\nimport (\n\t\"os\"\n"+imports.String()+")\n\nfunc main() { all[os.Args[1]]() }\n\nvar all = map[string]func(){\n"+table.String()+"}\n")
	text, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, text, 0o644); err != nil {
		t.Fatal(err)
	}
	exe := filepath.Join(dir, "programs")
	build := exec.Command("go", "build", "-gcflags=-e", "-ldflags=-s -w", "-overlay", list, "-o", exe, "./"+folder)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("Go does not build the programs of the table: %v\n%s", err, out)
	}
	slots := make(chan struct{}, 4)
	var group sync.WaitGroup
	for pkg, c := range programs {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			var out bytes.Buffer
			cmd := exec.Command(exe, pkg)
			cmd.Stdout, cmd.Stderr = &out, &out
			cmd.WaitDelay = time.Second
			stop := time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() })
			err := cmd.Run()
			stop.Stop()
			if err != nil {
				fmt.Fprintf(&out, "%s!! %v", shownMark, err)
			}
			tell(c, tidy(strings.NewReplacer(modulePath+folder+"/"+pkg+".", "main.", pkg+".", "main.").Replace(out.String())))
		})
	}
	group.Wait()
}

// modulePath is that of this module, with a slash.
var modulePath = strings.TrimSuffix(nbPath, "kernel/nb")

// showSource is what the programs use in the kernel's place.
const showSource = `package show

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
)

// Value shows the last values of a cell.
func Value(values ...any) {
	var all []string
	for _, v := range values {
		b, _ := display.Render(v)
		text := b[display.Text].(string)
		if _, file, _, ok := runtime.Caller(1); ok { // without the package's name
			parts := strings.Split(file, "/")
			text = strings.ReplaceAll(text, parts[len(parts)-2]+".", "")
		}
		all = append(all, text)
	}
	fmt.Printf("\x00=> %s\n", strings.Join(all, "\n"))
}

// Error shows the last values of a cell, of which the last is an error.
func Error(values ...any) {
	if err := values[len(values)-1]; err != nil {
		fmt.Printf("\x00!! error: %v\n", err)
	} else if len(values) > 1 {
		Value(values[:len(values)-1]...)
	}
}

// End tells the panic that ends a cell.
func End() {
	if r := recover(); r != nil {
		fmt.Printf("\x00!! panic: %s\n", strings.TrimPrefix(fmt.Sprint(r), "runtime error: "))
	}
}
`

// asProgram is a case as a package with a function Run.
func (c *cellCase) asProgram(t *testing.T, pkg string) (string, error) {
	if c.program != "" {
		text := strings.Replace(c.program, "func main()", "func Run()", 1)
		at := "package " + pkg + "\n"
		if strings.Contains(text, "show.") {
			at += fmt.Sprintf("\nimport %q\n", modulePath+folder+"/show")
		}
		return at + text, nil
	}
	s := newSession(t)
	st := s.state
	p := &program1{imports: map[string]string{"show": modulePath + folder + "/show"}, taken: map[string]bool{}}
	for i, code := range c.cells {
		u, problems := parse(s.fset, fmt.Sprintf("cell%d", i+1), i+1, strings.TrimRight(code, "\n"))
		var chk *checked
		if len(problems) == 0 {
			chk, problems = s.check(st, u)
		}
		if len(problems) > 0 {
			return "", fmt.Errorf("cell %d: %s", i+1, problems[0].msg)
		}
		if err := p.add(s, u, chk, i+1); err != nil {
			return "", err
		}
		next := s.world0(chk, chk.affected())
		for _, top := range chk.tops {
			n := top.obj.Name()
			next.forget(n)
			next.vars[n] = newVariable(n, top.obj.Type())
		}
		st = next
	}
	var b strings.Builder
	fmt.Fprintf(&b, "package %s\n\nimport (\n", pkg)
	for _, name := range sortedKeys(p.imports) {
		fmt.Fprintf(&b, "\t%s %q\n", name, p.imports[name])
	}
	b.WriteString(")\n\nvar _ = show.End\n\n" + p.decls.String() + p.bodies.String() + "func Run() {\n")
	for i := range c.cells {
		fmt.Fprintf(&b, "\tcell_%d()\n", i+1)
	}
	return b.String() + "}\n", nil
}

// A program1 is the program that becomes of cells.
type program1 struct {
	imports       map[string]string
	decls, bodies strings.Builder
	taken         map[string]bool
}

func (p *program1) take(name string) error {
	if p.taken[name] && name != "_" {
		return errors.New("the cells redefine " + name + ": write the program behind +++")
	}
	p.taken[name] = true
	return nil
}

func (p *program1) add(s *Session, u *unit, c *checked, n int) error {
	fset := s.fset
	src := func(n ast.Node) string { _, text := u.text(fset, n); return text }
	for name, path := range u.paths {
		p.imports[name] = path
	}
	var spelled error
	spell := func(t types.Type) string {
		return types.TypeString(t, func(q *types.Package) string {
			if own2(q) {
				return ""
			}
			for name, path := range p.imports {
				if path == q.Path() {
					return name
				}
			}
			name := "q" + strconv.Itoa(len(p.imports))
			p.imports[name] = q.Path()
			return name
		})
	}
	for _, d := range u.decls {
		text := d.text
		switch g := d.node.(type) {
		case *ast.GenDecl:
			if g.Tok == token.TYPE {
				text = "type " + text
			}
		case *ast.FuncDecl:
			if strings.HasPrefix(d.names[0], "init"+mark) {
				text = strings.Replace(text, "func init(", "func "+plainInit(d.names[0], n)+"(", 1)
			}
		}
		for _, name := range d.names {
			if err := p.take(name); err != nil {
				return err
			}
		}
		p.decls.WriteString(text + "\n\n")
	}
	for _, top := range c.tops {
		if c.reuses(top) {
			continue
		}
		if err := p.take(top.obj.Name()); err != nil {
			return err
		}
		fmt.Fprintf(&p.decls, "var %s %s\n\n", top.obj.Name(), spell(types.Default(top.obj.Type())))
	}
	fmt.Fprintf(&p.bodies, "func cell_%d() {\n\tdefer show.End()\n", n)
	for i, stmt := range u.stmts {
		last := i == len(u.stmts)-1
		switch st := stmt.(type) {
		case *ast.AssignStmt:
			text := src(st)
			if st.Tok == token.DEFINE {
				at := fset.Position(st.TokPos)
				from := u.offset(at) - u.offset(fset.Position(st.Pos()))
				text = text[:from] + "=" + text[from+2:]
			}
			p.bodies.WriteString(text + "\n")
			if id, ok := st.Lhs[len(st.Lhs)-1].(*ast.Ident); last && ok && id.Name != "_" && isError(c.stmts.ObjectOf(id).Type()) {
				fmt.Fprintf(&p.bodies, "show.Error(%s)\n", id.Name)
			}
		case *ast.DeclStmt:
			for _, spec := range st.Decl.(*ast.GenDecl).Specs {
				v := spec.(*ast.ValueSpec)
				var names, values []string
				for _, id := range v.Names {
					names = append(names, id.Name)
				}
				for _, x := range v.Values {
					values = append(values, src(x))
				}
				if len(values) > 0 {
					fmt.Fprintf(&p.bodies, "%s = %s\n", strings.Join(names, ", "), strings.Join(values, ", "))
					continue
				}
				for _, n := range names {
					if n != "_" {
						fmt.Fprintf(&p.bodies, "%s = *new(%s)\n", n, src(v.Type))
					}
				}
			}
		case *ast.ExprStmt:
			if call, ok := st.X.(*ast.CallExpr); ok {
				if id, ok := call.Fun.(*ast.Ident); ok && strings.HasPrefix(id.Name, "init"+mark) {
					fmt.Fprintf(&p.bodies, "%s()\n", plainInit(id.Name, n))
					continue
				}
			}
			l := &lowering{s: s, info: c.stmts}
			tv := c.stmts.Types[st.X]
			if !last || !shown(st) || tv.IsVoid() || l.prints(st.X) {
				p.bodies.WriteString(src(st) + "\n")
				continue
			}
			how := "Value"
			if t, ok := tv.Type.(*types.Tuple); ok && isError(t.At(t.Len()-1).Type()) || isError(tv.Type) {
				how = "Error"
			}
			fmt.Fprintf(&p.bodies, "show.%s(%s)\n", how, src(st.X))
		default:
			p.bodies.WriteString(src(st) + "\n")
		}
	}
	p.bodies.WriteString("}\n\n")
	return spelled
}

func plainInit(name string, cell int) string {
	return fmt.Sprintf("init_%d_%s", cell, name[strings.LastIndex(name, mark)+len(mark):])
}

func own2(p *types.Package) bool { return p.Path() == sessionPath }
