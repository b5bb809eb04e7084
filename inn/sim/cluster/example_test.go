package cluster_test

import (
	"fmt"
	"log"
	"math"

	"github.com/innkeeper-notebook/innkeeper/inn/sim/cluster"
)

// Of a heavy, dense cloud two stars in a hundred do not get rid of the gas.
func ExampleCloud_Evolve() {
	cloud := cluster.Cloud{Mass: 1e6, Efficiency: 0.02, Density: 1000, Ambient: 1, Z: 1}
	history, err := cloud.Evolve(6)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(history.Births), "populations;", history.Last().Phase)
	// Output: 2 populations; momentum-driven
}

func ExampleGas_Emit() {
	gas := cluster.Gas{U: 0.003, MeanEnergy: 22, Electrons: 100, Z: 1, NO: cluster.NitrogenOxygen(1), Dust: 1.5e-21, Column: math.Inf(1)}
	spectrum, err := gas.Emit()
	if err != nil {
		log.Fatal(err)
	}
	for i, line := range cluster.Lines() {
		if line.Name == "Halpha 6563" {
			fmt.Printf("H alpha is %.1f times as bright as H beta\n", spectrum.Ratio[i])
		}
	}
	// Output: H alpha is 2.9 times as bright as H beta
}
