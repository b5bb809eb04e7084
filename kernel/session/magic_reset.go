package session

const resets = "%reset"

// resets reports whether the unit is %reset.
func (u *unit) resets() bool {
	return len(u.stmts) == 1 && u.magics[u.stmts[0]].name == resets
}

// company is the problem of a %reset that does not stand alone: what a cell
// checks against cannot go while it runs.
func (u *unit) company() (problems []problem) {
	for _, s := range u.stmts {
		if d, ok := u.magics[s]; ok && d.name == resets && len(u.stmts)+len(u.decls)+len(u.imports) > 1 {
			problems = append(problems, at(u.src, d.from, resets+" stands alone in its cell"))
		}
	}
	return problems
}
