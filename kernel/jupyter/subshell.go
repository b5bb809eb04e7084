package jupyter

import (
	"fmt"
	"slices"
	"sync"
)

// maxSubshells is how many subshells there can be.
const maxSubshells = 100

// lanes are the lanes of a server. Subshells (JEP 91) run cells, and answer completion
// and widgets, while a cell runs on the shell.
type lanes struct {
	shell, control *lane

	mu        sync.Mutex
	subshells []*lane // in the order of their creation
}

func (s *server) startLanes() {
	s.lanes.shell, s.lanes.control = newLane(""), newLane("")
	go s.run(s.lanes.shell)
	go s.run(s.lanes.control)
}

// subshell returns a subshell, or nil.
func (ls *lanes) subshell(id string) *lane {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	for _, l := range ls.subshells {
		if l.id == id {
			return l
		}
	}
	return nil
}

func unknownSubshell(id string) error {
	return &Error{Name: "UnknownSubshell", Value: fmt.Sprintf("there is no subshell %q", id)}
}

func (s *server) createSubshell() (any, error) {
	ls := &s.lanes
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if len(ls.subshells) == maxSubshells {
		return nil, &Error{Name: "TooManySubshells", Value: fmt.Sprintf("there are %d subshells already; delete one first", maxSubshells)}
	}
	l := newLane(newID())
	ls.subshells = append(ls.subshells, l)
	go s.run(l)
	return subshellReply{ok, l.id}, nil
}

func (s *server) deleteSubshell(r *request) (any, error) {
	var q struct {
		ID string `json:"subshell_id"`
	}
	if err := r.read(&q); err != nil {
		return nil, err
	}
	l := s.lanes.subshell(q.ID)
	if l == nil {
		return nil, unknownSubshell(q.ID)
	}
	s.lanes.mu.Lock()
	defer s.lanes.mu.Unlock()
	s.lanes.subshells = slices.DeleteFunc(s.lanes.subshells, func(m *lane) bool { return m == l })
	close(l.done) // control's requests come one by one: nobody else closes it
	return ok, nil
}

func (s *server) listSubshells() any {
	s.lanes.mu.Lock()
	defer s.lanes.mu.Unlock()
	ids := []string{}
	for _, l := range s.lanes.subshells {
		ids = append(ids, l.id)
	}
	return subshellReply{ok, ids}
}
