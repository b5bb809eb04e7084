package nb_test

import (
	"fmt"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/kernel/nb"
)

// In a plain Go program, where no cell runs, text goes to the standard output.
func ExampleShow() {
	fmt.Println(nb.Show([]float64{1, 2.5}))
	// Output:
	// [1 2.5]
	// <nil>
}

func ExampleMarkdown() {
	nb.Show(nb.Markdown("a **bold** word"))
	// Output: a **bold** word
}

func ExampleWatch() {
	settings := inn.Settings{Steps: 100, Each: nb.Watch}
	fmt.Println(settings.Steps)
	// Output: 100
}

func ExampleInput() {
	_, err := nb.Input("Which file?")
	fmt.Println(err)
	// Output: nobody can be asked for input here
}
