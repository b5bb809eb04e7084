package session

import (
	"flag"
	"reflect"
	"sync/atomic"
)

// A flagValue says whether its flag needs a value. Package flag asks the zero value of
// its type for its text, which says what type of a cell it stands for: N is an array as
// long as the type's place among flagZeros.
type flagValue[N any] struct {
	Box
	flag.Value
}

func (f flagValue[N]) IsBoolFlag() bool {
	return either(f.Box, "IsBoolFlag", func() bool { return false })()
}

func (f flagValue[N]) String() string {
	if f.Value == nil {
		zero, _ := asFunc[func() string](*flagZeros[reflect.TypeFor[N]().Len()].Load(), "String")
		return zero()
	}
	return f.Value.String()
}

func flagOf[N any](b Box, v flag.Value) any { return flagValue[N]{b, v} }

// flagValues make flags of so many types of cells; behind them the first ones give
// their places to others.
var (
	flagValues = [...]func(Box, flag.Value) any{
		flagOf[[0]int], flagOf[[1]int], flagOf[[2]int], flagOf[[3]int], flagOf[[4]int], flagOf[[5]int], flagOf[[6]int], flagOf[[7]int],
		flagOf[[8]int], flagOf[[9]int], flagOf[[10]int], flagOf[[11]int], flagOf[[12]int], flagOf[[13]int], flagOf[[14]int], flagOf[[15]int],
	}
	flagZeros  [len(flagValues)]atomic.Pointer[Box]
	flagPlaces atomic.Int64
)

// asFlag is a box as a flag's value.
func asFlag(b Box, v flag.Value) any {
	for i := range flagZeros {
		if zero := flagZeros[i].Load(); zero != nil && zero.T == b.T {
			return flagValues[i](b, v)
		}
	}
	zero := reflect.Zero(reflect.TypeOf(b.V))
	if zero.Kind() == reflect.Pointer {
		zero = reflect.New(zero.Type().Elem())
	}
	i := int(flagPlaces.Add(1)-1) % len(flagValues)
	flagZeros[i].Store(&Box{b.T, zero.Interface()})
	return flagValues[i](b, v)
}
