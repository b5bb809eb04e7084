package widget

import (
	"fmt"
	"reflect"
	"sync"
)

// Link keeps the values of two widgets of one kind of value equal, whichever of
// them changes and on whichever side. At first the second takes the first's.
func Link(a, b Widget) {
	key := linked("Link", a, b)
	from, to := a.base(), b.base()
	var mu sync.Mutex
	same := from.get(key) // what both had last: the one that has another now has changed
	to.set(key, same)
	follow := func(from, to *Model) func() {
		return func() {
			mu.Lock()
			defer mu.Unlock()
			if v := from.get(key); !reflect.DeepEqual(v, same) {
				same = v
				to.set(key, v)
			}
		}
	}
	from.OnChange(follow(from, to))
	to.OnChange(follow(to, from))
}

// JSLink does so in the front end itself (ipywidgets' jslink), so that the two
// move together without the kernel, on a saved page too.
func JSLink(a, b Widget) {
	key := linked("JSLink", a, b)
	newModel(controls, "Link", "-", map[string]any{
		"source": []any{reference(a.base()), key}, "target": []any{reference(b.base()), key},
	})
}

// linked is the part of the state that two widgets are to share: the value, or
// the place of a choice.
func linked(what string, a, b Widget) string {
	for _, key := range []string{"index", "value"} {
		va, vb := a.base().get(key), b.base().get(key)
		if va != nil && reflect.TypeOf(va) == reflect.TypeOf(vb) {
			return key
		}
	}
	panic(fmt.Sprintf("widget: %s wants two widgets with values of one kind, not %v and %v", what, a, b))
}
