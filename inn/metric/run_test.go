package metric

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// A stumbling posterior fails at one of its calls, and counts those that are under way.
type stumbling struct {
	inn.Posterior
	calls, running atomic.Int32
	at             int32
	fail           func() error
}

func (s *stumbling) Sample(y []float64, n int, seed uint64) (*inn.Samples, error) {
	s.running.Add(1)
	defer s.running.Add(-1)
	if s.calls.Add(1) == s.at {
		return nil, s.fail()
	}
	return s.Posterior.Sample(y, n, seed)
}

// after says what of a posterior is done when its caller has gone on.
func (s *stumbling) after() (calls int32) {
	calls = s.calls.Load()
	time.Sleep(5 * time.Millisecond)
	return s.calls.Load() - calls + s.running.Load()
}

// TestDrawnAhead: what goes wrong with a posterior comes to the caller, who finds none
// of its draws under way.
func TestDrawnAhead(t *testing.T) {
	g := newGaussian(t)
	test := g.pairs(t, 20)
	lost := errors.New("lost")
	for name, fail := range map[string]func() error{"error": func() error { return lost }, "panic": func() error { panic(lost) }} {
		for _, at := range []int32{1, 2, 20} {
			post := &stumbling{Posterior: g, at: at, fail: fail}
			err := func() (err error) {
				defer func() {
					if r := recover(); r != nil {
						err = r.(error)
					}
				}()
				_, err = Calibration(post, test, &Settings{Draws: 100})
				return err
			}()
			if left := post.after(); !errors.Is(err, lost) || left != 0 {
				t.Errorf("%s at call %d: the caller gets %v, %d draws are under way", name, at, err, left)
			}
		}
	}

	stop := errors.New("stop")
	post := &stumbling{Posterior: g}
	r, err := newRun(post, test, &Settings{Draws: 100})
	if err != nil {
		t.Fatal(err)
	}
	err = r.each("looks", func(i int, _ []float64, _ [][]float64) error {
		if i == 3 {
			return stop
		}
		return nil
	})
	if left := post.after(); !errors.Is(err, stop) || left != 0 || post.calls.Load() > 5 {
		t.Errorf("stopped at measurement 3: %v, %d draws under way, %d calls", err, left, post.calls.Load())
	}
}
