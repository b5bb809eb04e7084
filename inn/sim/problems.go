package sim

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/innkeeper-notebook/innkeeper/inn"
)

// A known problem is one that the command line can simulate by name, the
// Name of the problem itself.
type known struct {
	problem  inn.Problem
	settings string // what else its pairs depend on, for the note saved with them
}

func problems() []known {
	return []known{
		{Tissue(nil), fmt.Sprintf("%d photons a band, drawn by Philox4x32-7", defaultPhotons)},
		{Kinematics(nil), "equations 13 and 14 of the paper, no noise"},
		{Kinematics(&KinematicsSettings{Cumulative: true}), "each joint turns against the segment before, no noise"},
		{Mixture(nil), "four labels"},
		{Cluster(nil), fmt.Sprintf("noise %g dex, floor %g of H beta", clusterNoise, faintest)},
	}
}

// Problems are the names of the problems that Make knows.
func Problems() []string {
	var names []string
	for _, k := range problems() {
		names = append(names, k.problem.Name)
	}
	return names
}

// Make draws n pairs of the problem called name, and returns them with the
// note to save them with, which says how to make them again:
//
//	pairs, note, err := sim.Make("tissue", 15000, 1)
//	err = pairs.Save("tissue-train.npz", note)
func Make(name string, n int, seed uint64) (*inn.Pairs, map[string]string, error) {
	p, note, err := Find(name, n, seed)
	if err != nil {
		return nil, nil, err
	}
	pairs, err := p.Pairs(n, seed)
	return pairs, note, err
}

// Find is the problem called name, and the note to save n of its pairs with.
func Find(name string, n int, seed uint64) (inn.Problem, map[string]string, error) {
	for _, k := range problems() {
		if k.problem.Name == name {
			return k.problem, k.note(n, seed), nil
		}
	}
	return inn.Problem{}, nil, fmt.Errorf("sim: no problem %q; there is %s", name, strings.Join(Problems(), ", "))
}

// note says how n pairs are made again. It does not say when or where they
// were made, so that the same command makes the same file.
func (k known) note(n int, seed uint64) map[string]string {
	return map[string]string{
		"problem":  k.problem.Name,
		"pairs":    strconv.Itoa(n),
		"seed":     strconv.FormatUint(seed, 10),
		"settings": k.settings,
		"command":  fmt.Sprintf("innkeeper simulate %s -n %d -seed %d", k.problem.Name, n, seed),
	}
}
