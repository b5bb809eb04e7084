package cluster

// A Line is an emission line, or a blend that is measured as one.
type Line struct {
	Name string // as in the literature: "[O III] 5007"; infrared ones with their unit: "[S III] 18.7um"

	// Wavelength in µm: of optical lines in air, of others in vacuum.
	Wavelength float64

	ion   string
	pairs [][2]int // upper and lower level of its transitions; nil: recombination
	table int      // the line in hydrogenLines or heliumLines
}

// Lines are the 69 lines whose ratios to H beta are the measurement.
func Lines() []Line { return append([]Line(nil), lines...) }

func one(upper, lower int) [][2]int { return [][2]int{{upper, lower}} }

var lines = []Line{
	{"Hdelta 4102", 0.4102, "H", nil, 4102},
	{"Hgamma 4340", 0.4340, "H", nil, 4340},
	{"Halpha 6563", 0.6563, "H", nil, 6563},
	{"Pgamma 10938", 1.0938, "H", nil, 10938},
	{"Pbeta 12818", 1.2818, "H", nil, 12818},
	{"Palpha 18751", 1.8751, "H", nil, 18751},
	{"Brgamma 21655", 2.1655, "H", nil, 21655},
	{"Bralpha 40512", 4.0512, "H", nil, 40512},
	{"He I 4026", 0.4026, "He", nil, 4026},
	{"He I 4471", 0.4471, "He", nil, 4471},
	{"He I 4922", 0.4922, "He", nil, 4922},
	{"He I 5876", 0.5876, "He", nil, 5876},
	{"He I 6678", 0.6678, "He", nil, 6678},
	{"He I 7065", 0.7065, "He", nil, 7065},
	{"He I 10830", 1.0830, "He", nil, 10830},
	{"He I 20581", 2.0581, "He", nil, 20581},
	{"[N I] 5199", 0.5199, "N I", [][2]int{{2, 1}, {3, 1}}, 0},
	{"[N II] 5755", 0.5755, "N II", one(5, 4), 0},
	{"[N II] 6548", 0.6548, "N II", one(4, 2), 0},
	{"[N II] 6584", 0.6584, "N II", one(4, 3), 0},
	{"[N II] 122um", 121.77, "N II", one(3, 2), 0},
	{"[N II] 205um", 205.24, "N II", one(2, 1), 0},
	{"[N III] 57.3um", 57.33, "N III", one(2, 1), 0},
	{"[O I] 5577", 0.5577, "O I", one(5, 4), 0},
	{"[O I] 6300", 0.6300, "O I", one(4, 1), 0},
	{"[O I] 6364", 0.6364, "O I", one(4, 2), 0},
	{"[O II] 3726", 0.3726, "O II", one(3, 1), 0},
	{"[O II] 3729", 0.3729, "O II", one(2, 1), 0},
	{"[O II] 7320", 0.7320, "O II", [][2]int{{4, 2}, {5, 2}}, 0},
	{"[O II] 7330", 0.7330, "O II", [][2]int{{4, 3}, {5, 3}}, 0},
	{"[O III] 4363", 0.4363, "O III", one(5, 4), 0},
	{"[O III] 4959", 0.4959, "O III", one(4, 2), 0},
	{"[O III] 5007", 0.5007, "O III", one(4, 3), 0},
	{"[O III] 51.8um", 51.81, "O III", one(3, 2), 0},
	{"[O III] 88.3um", 88.36, "O III", one(2, 1), 0},
	{"[Ne II] 12.8um", 12.81, "Ne II", one(2, 1), 0},
	{"[Ne III] 3869", 0.3869, "Ne III", one(4, 1), 0},
	{"[Ne III] 3967", 0.3967, "Ne III", one(4, 2), 0},
	{"[Ne III] 15.6um", 15.56, "Ne III", one(2, 1), 0},
	{"[Ne III] 36.0um", 36.01, "Ne III", one(3, 2), 0},
	{"[S II] 4069", 0.4069, "S II", one(5, 1), 0},
	{"[S II] 4076", 0.4076, "S II", one(4, 1), 0},
	{"[S II] 6716", 0.6716, "S II", one(3, 1), 0},
	{"[S II] 6731", 0.6731, "S II", one(2, 1), 0},
	{"[S II] 10287", 1.0287, "S II", one(5, 2), 0},
	{"[S II] 10320", 1.0320, "S II", one(5, 3), 0},
	{"[S III] 3722", 0.3722, "S III", one(5, 2), 0},
	{"[S III] 6312", 0.6312, "S III", one(5, 4), 0},
	{"[S III] 9069", 0.9069, "S III", one(4, 2), 0},
	{"[S III] 9531", 0.9531, "S III", one(4, 3), 0},
	{"[S III] 18.7um", 18.71, "S III", one(3, 2), 0},
	{"[S III] 33.5um", 33.48, "S III", one(2, 1), 0},
	{"[S IV] 10.5um", 10.51, "S IV", one(2, 1), 0},
	{"[Cl II] 8579", 0.8579, "Cl II", one(4, 1), 0},
	{"[Cl II] 9124", 0.9124, "Cl II", one(4, 2), 0},
	{"[Cl II] 14.4um", 14.37, "Cl II", one(2, 1), 0},
	{"[Cl III] 5518", 0.5518, "Cl III", one(3, 1), 0},
	{"[Cl III] 5538", 0.5538, "Cl III", one(2, 1), 0},
	{"[Cl IV] 8046", 0.8046, "Cl IV", one(4, 3), 0},
	{"[Cl IV] 11.8um", 11.76, "Cl IV", one(3, 2), 0},
	{"[Ar II] 6.99um", 6.985, "Ar II", one(2, 1), 0},
	{"[Ar III] 5192", 0.5192, "Ar III", one(5, 4), 0},
	{"[Ar III] 7136", 0.7136, "Ar III", one(4, 1), 0},
	{"[Ar III] 7751", 0.7751, "Ar III", one(4, 2), 0},
	{"[Ar III] 8.99um", 8.991, "Ar III", one(2, 1), 0},
	{"[Ar III] 21.8um", 21.83, "Ar III", one(3, 2), 0},
	{"[Ar IV] 4711", 0.4711, "Ar IV", one(3, 1), 0},
	{"[Ar IV] 4740", 0.4740, "Ar IV", one(2, 1), 0},
	{"[Cl IV] 20.3um", 20.32, "Cl IV", one(2, 1), 0},
}
