package method

import "github.com/innkeeper-notebook/innkeeper/inn"

// Named is a posterior under a name of its own, by which tables and figures call it. Networks of different
// settings have the same String, and metric.Compare puts posteriors of the same String into one row.
// Of nil it is nil.
//
//	table, err := metric.Compare(problem, test, nil, method.Named("short", a), method.Named("long", b))
func Named(name string, post inn.Posterior) inn.Posterior {
	if post == nil {
		return nil
	}
	return &named{post, name}
}

type named struct {
	inn.Posterior
	name string
}

func (n *named) String() string { return n.name }

// Measured are those of the posterior, if it knows them.
func (n *named) Measured() []inn.Var { return inn.Measured(n.Posterior) }
