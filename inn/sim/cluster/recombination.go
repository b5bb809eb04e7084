package cluster

import "math"

// Recombination lines, case B. Those of hydrogen are Storey and Hummer 1995 at
// 100 electrons per cm³ (they change by less than 1 % between 10 and 10^4), of
// helium Porter et al. 2012, 2013, which have collisions from the metastable 2³S
// level in them; both as PyNeb 1.1 tabulates them.
var (
	hydrogenAt = [6]float64{3000, 5000, 7500, 10000, 15000, 20000} // K

	hBeta = [6]float64{3.265e-25, 2.199e-25, 1.579e-25, 1.235e-25, 8.6e-26, 6.579e-26} // erg cm³/s

	// Relative to H beta, by wavelength in Å.
	hydrogenLines = map[int][6]float64{
		6563:  {3.21, 3.041, 2.929, 2.863, 2.788, 2.747},
		4340:  {0.4496, 0.4584, 0.4645, 0.4683, 0.4729, 0.4755},
		4102:  {0.2449, 0.2515, 0.256, 0.2589, 0.2624, 0.2643},
		18751: {0.4747, 0.4106, 0.3662, 0.3386, 0.3048, 0.2841},
		12818: {0.1999, 0.184, 0.1716, 0.1632, 0.1522, 0.1451},
		10938: {0.1044, 0.09877, 0.09392, 0.09045, 0.08559, 0.08229},
		21655: {0.03703, 0.03299, 0.02989, 0.02781, 0.02513, 0.02341},
		26252: {0.0642, 0.05566, 0.04946, 0.04547, 0.04045, 0.03733},
		40512: {0.1272, 0.1045, 0.08936, 0.08021, 0.06922, 0.06267},
		74578: {0.04364, 0.0347, 0.02895, 0.02552, 0.02151, 0.01915},
	}

	heliumAt      = [5]float64{5000, 7500, 10000, 15000, 20000} // K
	heliumDensity = [4]float64{10, 100, 1000, 10000}            // electrons per cm³

	// In erg cm³/s, by wavelength in Å, a row for each density.
	heliumLines = map[int][4][5]float64{
		3889:  {{2.229e-25, 1.697e-25, 1.39e-25, 1.037e-25, 8.347e-26}, {2.236e-25, 1.703e-25, 1.401e-25, 1.057e-25, 8.609e-26}, {2.249e-25, 1.739e-25, 1.473e-25, 1.2e-25, 1.04e-25}, {2.29e-25, 1.843e-25, 1.664e-25, 1.515e-25, 1.383e-25}},
		4026:  {{5.358e-26, 3.777e-26, 2.905e-26, 1.96e-26, 1.46e-26}, {5.365e-26, 3.781e-26, 2.91e-26, 1.973e-26, 1.481e-26}, {5.378e-26, 3.793e-26, 2.939e-26, 2.064e-26, 1.632e-26}, {5.427e-26, 3.835e-26, 3.019e-26, 2.269e-26, 1.924e-26}},
		4471:  {{1.165e-25, 8.045e-26, 6.105e-26, 4.052e-26, 2.988e-26}, {1.165e-25, 8.049e-26, 6.116e-26, 4.091e-26, 3.054e-26}, {1.166e-25, 8.077e-26, 6.206e-26, 4.382e-26, 3.528e-26}, {1.176e-25, 8.193e-26, 6.46e-26, 5.034e-26, 4.438e-26}},
		4922:  {{3.176e-26, 2.183e-26, 1.649e-26, 1.087e-26, 7.97e-27}, {3.178e-26, 2.184e-26, 1.653e-26, 1.1e-26, 8.183e-27}, {3.182e-26, 2.194e-26, 1.683e-26, 1.194e-26, 9.671e-27}, {3.211e-26, 2.23e-26, 1.766e-26, 1.4e-26, 1.247e-26}},
		5876:  {{3.505e-25, 2.297e-25, 1.684e-25, 1.071e-25, 7.701e-26}, {3.486e-25, 2.29e-25, 1.687e-25, 1.096e-25, 8.133e-26}, {3.467e-25, 2.304e-25, 1.753e-25, 1.297e-25, 1.121e-25}, {3.488e-25, 2.382e-25, 1.942e-25, 1.737e-25, 1.696e-25}},
		6678:  {{1.005e-25, 6.557e-26, 4.788e-26, 3.028e-26, 2.166e-26}, {9.992e-26, 6.534e-26, 4.796e-26, 3.102e-26, 2.3e-26}, {9.933e-26, 6.561e-26, 4.969e-26, 3.68e-26, 3.217e-26}, {9.984e-26, 6.745e-26, 5.455e-26, 4.886e-26, 4.838e-26}},
		7065:  {{4.224e-26, 3.37e-26, 2.876e-26, 2.299e-26, 1.961e-26}, {4.241e-26, 3.423e-26, 2.978e-26, 2.482e-26, 2.183e-26}, {4.331e-26, 3.826e-26, 3.759e-26, 3.814e-26, 3.721e-26}, {4.675e-26, 5.067e-26, 5.818e-26, 6.745e-26, 6.646e-26}},
		10830: {{4.884e-25, 3.534e-25, 2.806e-25, 2.023e-25, 1.599e-25}, {5.079e-25, 3.926e-25, 3.342e-25, 2.745e-25, 2.382e-25}, {6.813e-25, 7.127e-25, 7.518e-25, 8.032e-25, 7.809e-25}, {1.395e-24, 1.708e-24, 1.854e-24, 1.966e-24, 1.811e-24}},
		20581: {{7.398e-26, 5.225e-26, 4.056e-26, 2.809e-26, 2.148e-26}, {7.422e-26, 5.285e-26, 4.146e-26, 2.934e-26, 2.294e-26}, {7.689e-26, 5.803e-26, 4.852e-26, 3.854e-26, 3.295e-26}, {8.85e-26, 7.439e-26, 6.726e-26, 5.856e-26, 5.16e-26}},
	}
)

// between interpolates a positive table linearly in both logarithms, and goes on
// beyond its ends.
func between(at, values []float64, x float64) float64 {
	i := 0
	for i < len(at)-2 && x > at[i+1] {
		i++
	}
	w := math.Log(x/at[i]) / math.Log(at[i+1]/at[i])
	return values[i] * math.Pow(values[i+1]/values[i], w)
}

// hydrogenLine is the emissivity of a line of hydrogen [erg cm³/s] per proton and
// electron; 4861 is H beta.
func hydrogenLine(angstrom int, temperature float64) float64 {
	e := between(hydrogenAt[:], hBeta[:], temperature)
	if angstrom == 4861 {
		return e
	}
	r := hydrogenLines[angstrom]
	return e * between(hydrogenAt[:], r[:], temperature)
}

// heliumLine is the emissivity of a line of helium [erg cm³/s] per He+ and
// electron. Densities beyond the table's are moved to its ends.
func heliumLine(angstrom int, temperature, density float64) float64 {
	density = min(max(density, heliumDensity[0]), heliumDensity[3])
	table := heliumLines[angstrom]
	var at [4]float64
	for i := range at {
		at[i] = between(heliumAt[:], table[i][:], temperature)
	}
	return between(heliumDensity[:], at[:], density)
}
