package session

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unsafe"
)

// The panics of Go's runtime in a cell are of the runtime's own types where these can
// be made: fmt.Print puts spaces between values that are no texts, and a cell may ask
// for a type.

// fault is a panic of Go's runtime.
func fault(text string) error {
	if e := outOfBounds(text); e != nil {
		return e
	}
	return ofText(divided, text)
}

// plainFault is a panic of Go's runtime that does not call itself an error of it.
func plainFault(text string) error { return ofText(closed, text) }

// thrownBy is what a function panics with.
func thrownBy(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

var (
	none    = []int{}
	divided = thrownBy(func() { _ = 1 / len(none) })
	closed  = thrownBy(func() { close((chan int)(nil)) })
	beyond  = thrownBy(func() { _ = none[len(none)] })
)

// ofText is an error of a type of the runtime that is a text.
func ofText(like any, text string) error {
	v := reflect.New(reflect.TypeOf(like)).Elem()
	v.SetString(text)
	return v.Interface().(error)
}

var digits = regexp.MustCompile(`-?\d+`)

// bounds are the ways to be out of bounds as the runtime's type numbers them, by what
// it says without the numbers.
var bounds = func() map[string]uint8 {
	all := map[string]uint8{}
	low, high, negative, many := 1, 2, -1, 9
	list, array, text := make([]int, 3), &[3]int{}, "abc"
	for _, f := range []func(){
		func() { _ = list[many] }, func() { _ = list[negative] },
		func() { _ = list[:many] }, func() { _ = list[:negative] }, func() { _ = text[:many] },
		func() { _ = list[high:low] }, func() { _ = list[negative:] },
		func() { _ = list[:low:many] }, func() { _ = list[:low:negative] }, func() { _ = array[:low:many] },
		func() { _ = list[:high:low] }, func() { _ = list[:negative:low] },
		func() { _ = list[high:low:low] }, func() { _ = list[negative:low:low] },
		func() { _ = [9]int(list) },
	} {
		e := thrownBy(f)
		if code := reflect.ValueOf(e).FieldByName("code"); code.IsValid() && code.CanUint() {
			all[digits.ReplaceAllString(e.(error).Error(), "#")] = uint8(code.Uint())
		}
	}
	return all
}()

// boundsError is the runtime's error, or nil when its type is another one than it was.
func boundsError(x int64, y int, signed bool, code uint8) error {
	v := reflect.New(reflect.TypeOf(beyond))
	for name, value := range map[string]any{"x": x, "y": y, "signed": signed, "code": code} {
		f, ok := v.Type().Elem().FieldByName(name)
		if !ok || f.Type.Kind() != reflect.TypeOf(value).Kind() {
			return nil
		}
		reflect.NewAt(f.Type, unsafe.Add(v.UnsafePointer(), f.Offset)).Elem().Set(reflect.ValueOf(value).Convert(f.Type))
	}
	return v.Elem().Interface().(error)
}

// outOfBounds is the runtime's error with a text, or nil.
func outOfBounds(text string) error {
	text = "runtime error: " + text
	code, ok := bounds[digits.ReplaceAllString(text, "#")]
	if !ok {
		return nil
	}
	numbers := digits.FindAllString(text, -1)
	if strings.Contains(text, "convert") { // the wrong length is told last
		slices.Reverse(numbers)
	}
	y := 0
	if len(numbers) > 1 {
		y, _ = strconv.Atoi(numbers[1])
	}
	if x, err := strconv.ParseInt(numbers[0], 10, 64); err == nil {
		return boundsError(x, y, true, code)
	}
	x, _ := strconv.ParseUint(numbers[0], 10, 64)
	return boundsError(int64(x), y, false, code)
}

// A conversion is the panic of a failed type assertion. The runtime's own error
// wants types that the runtime knows, so that cells have this one in its place.
type conversion struct{ text string }

func (c *conversion) Error() string { return "interface conversion: " + c.text }

// RuntimeError makes it a runtime.Error.
func (c *conversion) RuntimeError() {}
