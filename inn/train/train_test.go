package train

import (
	"math"
	"sync"
	"testing"
	"time"
)

func TestPoolRunsEveryTaskOnce(t *testing.T) {
	for _, workers := range []int{1, 2, 3, 8} {
		p := NewPool(workers)
		for round := range 3000 {
			n := []int{1, 2, 7, 100, 0}[round%5]
			count := make([]int, n) // of one task each: what Each does must be seen here
			p.Each(n, func(i int) { count[i]++ })
			for i, c := range count {
				if c != 1 {
					t.Fatalf("%d workers, round %d: task %d of %d ran %d times", workers, round, i, n, c)
				}
			}
			if round%1000 == 0 {
				time.Sleep(time.Millisecond) // the workers fall asleep
			}
		}
		p.Close()
	}
}

// Tasks that wait for each other end only if they run at the same time.
func TestPoolRunsTasksTogether(t *testing.T) {
	p := NewPool(3)
	defer p.Close()
	for range 20 {
		var together sync.WaitGroup
		together.Add(3)
		p.Each(3, func(int) {
			together.Done()
			together.Wait()
		})
	}
}

// TestAdamAgainstThePaper follows algorithm 1 of Kingma and Ba in float64.
func TestAdamAgainstThePaper(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	const n = block + 3
	a := &Adam{Beta1: 0.8, Beta2: 0.9, Epsilon: 1e-6, Decay: 1e-2, Clip: 3}
	w, g := make([]float32, n), make([]float32, n)
	w64, m, v := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range w {
		w[i] = float32(i%7) - 3
		w64[i] = float64(w[i])
	}
	for step := 1; step <= 5; step++ {
		norm := 0.0
		for i := range g {
			g[i] = float32(math.Sin(float64(i*step)) / 10)
			norm += float64(g[i]) * float64(g[i])
		}
		norm = math.Sqrt(norm)
		for i := range w64 {
			d := float64(g[i])*min(1, 3/norm) + 1e-2*w64[i]
			m[i] = 0.8*m[i] + 0.2*d
			v[i] = 0.9*v[i] + 0.1*d*d
			mh, vh := m[i]/(1-math.Pow(0.8, float64(step))), v[i]/(1-math.Pow(0.9, float64(step)))
			w64[i] -= 0.01 * mh / (math.Sqrt(vh) + 1e-6)
		}
		a.Update(p, w, g, 0.01)
	}
	for i := range w {
		if math.Abs(float64(w[i])-w64[i]) > 1e-4 {
			t.Fatalf("parameter %d is %v, want %v", i, w[i], w64[i])
		}
	}
}

func TestRateDecaysExponentially(t *testing.T) {
	a := &Adam{Rate: 1e-2, Final: 1e-4}
	for _, c := range []struct {
		step int
		want float64
	}{{0, 1e-2}, {50, 1e-3}, {100, 1e-4}} {
		if got := a.RateAt(c.step, 101); math.Abs(got/c.want-1) > 1e-9 {
			t.Errorf("rate at step %d is %v, want %v", c.step, got, c.want)
		}
	}
}
