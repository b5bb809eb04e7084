package widget

import (
	"fmt"
	"reflect"
	"sync"
)

// Link keeps the values of two widgets of one kind of value equal, whichever of
// them changes and on whichever side. At first the second takes the first's. A value
// that one of them cannot have becomes the nearest that it can.
func Link(a, b Widget) {
	key := linked("Link", a, b)
	from, to := a.base(), b.base()
	var mu sync.Mutex
	same := to.fitted(from.get(key)) // what both had last: the one that has another now has changed
	to.set(key, same)
	if !reflect.DeepEqual(from.get(key), same) {
		from.set(key, same)
	}
	follow := func(from, to *Model) func() {
		return func() {
			mu.Lock()
			defer mu.Unlock()
			if v := from.get(key); !reflect.DeepEqual(v, same) {
				same = to.fitted(v)
				to.set(key, same)
				if !reflect.DeepEqual(v, same) { // beyond the other's range
					from.set(key, same)
				}
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
