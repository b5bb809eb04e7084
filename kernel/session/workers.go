package session

import (
	"errors"
	"reflect"
	"sync"

	"gonum.org/v1/gonum/optimize"
)

// Some functions of gonum call a cell's functions in goroutines of their own, where a
// panic would end the process. It is caught there, and thrown where they were called.

// workers are these functions, by package and name.
var workers = map[string][]string{
	"gonum.org/v1/gonum/diff/fd/fd":          {"CrossLaplacian", "Derivative", "Gradient", "Hessian", "Jacobian", "Laplacian"},
	"gonum.org/v1/gonum/integrate/quad/quad": {"Fixed"},
	"gonum.org/v1/gonum/optimize/optimize":   {"Minimize"},
}

// A catcher has the first panic of the functions that another one is given.
type catcher struct {
	mu     sync.Mutex
	caught bool
	value  any
}

func (c *catcher) has() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.caught
}

// around is a function that gives zeros where f panics, and from then on.
func (c *catcher) around(f reflect.Value) reflect.Value {
	t := f.Type()
	return reflect.MakeFunc(t, func(args []reflect.Value) (results []reflect.Value) {
		for i := range t.NumOut() {
			results = append(results, reflect.Zero(t.Out(i)))
		}
		if c.has() {
			return results
		}
		defer func() {
			if r := recover(); r != nil {
				c.mu.Lock()
				defer c.mu.Unlock()
				if !c.caught {
					c.caught, c.value = true, r
				}
			}
		}()
		return f.Call(args)
	})
}

// problem is an optimisation's with a status that ends it when one of its functions has
// panicked.
func (c *catcher) problem(p optimize.Problem) optimize.Problem {
	v := reflect.ValueOf(&p).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Func && !f.IsNil() {
			f.Set(c.around(reflect.ValueOf(f.Interface())))
		}
	}
	status := p.Status
	p.Status = func() (optimize.Status, error) {
		switch {
		case c.has():
			return optimize.Failure, errors.New("panic")
		case status != nil:
			return status()
		}
		return optimize.NotTerminated, nil
	}
	return p
}

// throwing is f, which calls what it is given in goroutines of its own, with their panics.
func throwing(f reflect.Value) reflect.Value {
	return reflect.MakeFunc(f.Type(), func(args []reflect.Value) []reflect.Value {
		c := &catcher{}
		for i, a := range args {
			if p, ok := a.Interface().(optimize.Problem); ok {
				args[i] = reflect.ValueOf(c.problem(p))
			} else if a.Kind() == reflect.Func && !a.IsNil() {
				args[i] = c.around(a)
			}
		}
		defer func() {
			if c.has() {
				panic(c.value)
			}
		}()
		return f.Call(args)
	})
}
