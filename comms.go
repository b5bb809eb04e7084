package main

import (
	"encoding/json"
	"sync"

	"github.com/innkeeper-notebook/innkeeper/kernel/display"
	"github.com/innkeeper-notebook/innkeeper/kernel/jupyter"
	"github.com/innkeeper-notebook/innkeeper/kernel/widget"
	"github.com/innkeeper-notebook/innkeeper/kernel/worker"
)

// widgetComms passes what widgets say between the process of the cells and the
// front end.
type widgetComms struct {
	mu    sync.Mutex
	comms *jupyter.Comms
	open  map[string]*jupyter.Comm
	cells *worker.Worker
}

// fromCells takes what a widget of a cell says.
func (w *widgetComms) fromCells(c display.Comm) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.comms == nil {
		return
	}
	if c.Kind == "open" {
		if open, err := w.comms.Open(c.ID, c.Target, w, c.Data, c.Metadata, c.Buffers); err == nil {
			w.open[c.ID] = open
		}
		return
	}
	open := w.open[c.ID]
	if open == nil {
		return
	}
	if c.Kind == "close" {
		delete(w.open, c.ID)
		open.Close(c.Data)
		return
	}
	if c.Parent != nil {
		open = open.In(c.Parent, c.Late)
	}
	open.Send(c.Data, c.Metadata, c.Buffers) // fails if the front end closed it: nobody looks any more
}

// Open, Msg and Close take what the front end says.
func (w *widgetComms) Open(c *jupyter.Comm, data json.RawMessage, buffers [][]byte) {
	w.mu.Lock()
	w.open[c.ID] = c
	w.mu.Unlock()
	w.toCells("open", c, data, buffers)
}

func (w *widgetComms) Msg(c *jupyter.Comm, data json.RawMessage, buffers [][]byte) {
	w.toCells("msg", c, data, buffers)
}

func (w *widgetComms) Close(c *jupyter.Comm, data json.RawMessage, buffers [][]byte) {
	w.mu.Lock()
	delete(w.open, c.ID)
	w.mu.Unlock()
	w.toCells("close", c, data, buffers)
}

func (w *widgetComms) toCells(kind string, c *jupyter.Comm, data json.RawMessage, buffers [][]byte) {
	w.cells.Tell(display.Comm{Kind: kind, ID: c.ID, Target: c.Target, Data: data, Buffers: buffers, Parent: c.Parent()})
}

// UseComms is how the server hands over the comms.
func (k goKernel) UseComms(comms *jupyter.Comms) {
	comms.Register(widget.ControlTarget, k.widgets)
	k.widgets.mu.Lock()
	defer k.widgets.mu.Unlock()
	k.widgets.comms = comms
}
