package nb

import (
	"testing"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/inn/sim"
	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/widget"
)

// A move of the explorer's first slider, from its value to what is sent to the
// page.
func BenchmarkExploreMove(b *testing.B) {
	problem := sim.Kinematics(nil)
	pairs, err := problem.Pairs(5000, 1)
	if err != nil {
		b.Fatal(err)
	}
	model, err := inn.Train(pairs, &inn.Settings{Blocks: 6, Layers: 3, Latent: 2, Nominal: 8, Steps: 20, Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	sent := 0
	widget.Connect(func(c display.Comm) { sent += len(c.Data) })
	defer widget.Connect(nil)
	e, err := Explore(model, pairs, &ExploreSettings{Draws: 2000, Problem: problem})
	if err != nil {
		b.Fatal(err)
	}
	drawn := make(chan bool, 1)
	e.after = func(*View) { drawn <- true }
	sent = 0
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		e.sliders[0].Set(0.5 + 0.01*float64(i%40))
		<-drawn
		i++
	}
	b.ReportMetric(float64(sent)/float64(i), "B/move")
}
