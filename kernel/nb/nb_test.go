package nb

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/innkeeper-notebook/innkeeper/inn"
	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/widget"
)

type page struct{ log []string }

func (p *page) Stream(name, text string) { p.log = append(p.log, name+" "+text) }
func (p *page) Display(b display.Bundle, id string) {
	p.log = append(p.log, fmt.Sprintf("display %v", b[display.Text]))
}
func (p *page) Update(b display.Bundle, id string) {
	p.log = append(p.log, fmt.Sprintf("update %v %t", b[display.Text], b[display.SVG] != nil))
}
func (p *page) Clear(wait bool) { p.log = append(p.log, fmt.Sprint("clear ", wait)) }
func (p *page) Input(prompt string, secret bool) (string, error) {
	return prompt + fmt.Sprint(secret), nil
}

func attach(c *Cell) (detach func()) { return Attach(func() *Cell { return c }) }

func TestWhatACellAsks(t *testing.T) {
	p := &page{}
	c := NewCell(context.Background(), p)
	detach := attach(c)
	if err := Show(1, "two"); err != nil {
		t.Error(err)
	}
	Clear(true)
	Page("long")
	NextCell("x")
	name, err := Input("name?")
	word, err2 := Password("word?")
	detach()
	payload := c.Payload()
	if got := strings.Join(p.log, "|"); got != "display 1|display two|clear true" {
		t.Errorf("the page saw %q", got)
	}
	if name+word != "name?falseword?true" || err != nil || err2 != nil {
		t.Errorf("answers %q %q, errors %v %v", name, word, err, err2)
	}
	if len(payload) != 2 || payload[0]["source"] != "page" || payload[1]["text"] != "x" {
		t.Errorf("payload is %v", payload)
	}
	if _, err := Input("again?"); !errors.Is(err, display.ErrNobody) {
		t.Errorf("after the cell: %v", err)
	}
}

func progressAt(step int) inn.Progress {
	return inn.Progress{Step: step, Steps: 10, Held: math.NaN(), Loss: 1 / float64(step), Terms: []inn.Term{{Name: "y", Value: 1 / float64(step)}}, Elapsed: time.Second}
}

func TestWatchDrawsAtTheBeginningAndTheEnd(t *testing.T) {
	p := &page{}
	defer attach(NewCell(context.Background(), p))()
	for i := range 10 {
		if err := Watch(progressAt(i + 1)); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.log) != 2 || !strings.HasPrefix(p.log[0], "display training 1/10") || p.log[1] != "update training 10/10 · 10 steps/s · 1s · loss 0.1 true" {
		t.Errorf("the page saw %q", p.log)
	}
}

// Of a long training some steps are kept, evenly, the last one among them.
func TestWatchKeepsSomeSteps(t *testing.T) {
	k := &curve{every: 1}
	const steps = 100_001
	for i := range steps {
		k.add(inn.Progress{Step: i + 1, Steps: steps})
	}
	if n := len(k.history); n > mostKept || n < mostKept/2 {
		t.Errorf("%d steps are kept", n)
	}
	for i, h := range k.history {
		if i > 0 && h.Step-k.history[i-1].Step != 8 && h.Step != steps {
			t.Fatalf("step %d follows %d", h.Step, k.history[i-1].Step)
		}
	}
	if last := k.history[len(k.history)-1].Step; last != steps {
		t.Errorf("the last one is %d", last)
	}
}

func TestWatchStopsAnInterruptedTraining(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer attach(NewCell(ctx, &page{}))()
	if err := Watch(progressAt(1)); err != nil {
		t.Error(err)
	}
	cancel()
	if err := Watch(progressAt(2)); !errors.Is(err, context.Canceled) || err.Error() != "interrupted" {
		t.Errorf("error is %v", err)
	}
}

func TestStamp(t *testing.T) {
	if s := Stamp().Markdown(); !strings.Contains(s, time.Now().Format("2006-")) || !strings.Contains(s, runtime.Version()) {
		t.Errorf("stamp is %q", s)
	}
}

func TestTheStopButtonEndsATraining(t *testing.T) {
	var stop string
	widget.Connect(func(c display.Comm) {
		if c.Kind == "open" && strings.Contains(string(c.Data), `"Stop, and keep the best network"`) {
			stop = c.ID
		}
	})
	defer widget.Connect(nil)
	p := &page{}
	defer attach(NewCell(context.Background(), p))()
	if err := Watch(progressAt(1)); err != nil || stop == "" {
		t.Fatalf("error %v, button %q", err, stop)
	}
	widget.Receive(display.Comm{Kind: "msg", ID: stop, Data: []byte(`{"method":"custom","content":{"event":"click"}}`)})
	var err error
	for step := 2; step < 10 && err == nil; step++ {
		time.Sleep(50 * time.Millisecond)
		err = Watch(progressAt(step))
	}
	if !errors.Is(err, inn.ErrEnough) {
		t.Errorf("error is %v", err)
	}
	if last := p.log[len(p.log)-1]; !strings.HasPrefix(last, "update training ") || strings.Contains(last, "left") {
		t.Errorf("the page saw %q", p.log)
	}
}
