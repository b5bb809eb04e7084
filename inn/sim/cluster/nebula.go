package cluster

import (
	"fmt"
	"math"
)

// Gas is ionised gas on the inner side of the shell: a slab of constant density
// that the stars' light falls on.
type Gas struct {
	U          float64 // ionisation parameter Q/(4πR² n_H c) at the lit face
	MeanEnergy float64 // of the ionising photons [eV], that of a black body cut off at 54.4 eV: 15 to 30
	Electrons  float64 // density [1/cm³]
	Z          float64 // metallicity, in units of solar
	NO         float64 // log of the abundance ratio N/O
	Dust       float64 // cross section for ionising photons [cm² per hydrogen nucleus]
	Column     float64 // hydrogen nuclei [1/cm²] after which the slab ends; +Inf: when its photons are used up
}

// Spectrum is what a slab of gas looks like.
type Spectrum struct {
	// Ratio is each line's energy relative to H beta, in the order of Lines.
	Ratio []float64

	HBeta       float64 // energy of H beta [erg per ionising photon that falls on the slab]
	Recombined  float64 // share of the photons that hydrogen absorbed
	Dusted      float64 // that dust absorbed
	Escaped     float64 // that left the slab on the far side
	Temperature float64 // of electrons, mean over emission of H beta [K]

	// Ion has the mean ion fractions over hydrogen's emission, by name: "O III".
	Ion map[string]float64
}

// Check returns an error that names what is not physical.
func (g Gas) Check() error {
	for _, v := range []struct {
		name   string
		value  float64
		lo, hi float64
	}{
		{"U", g.U, 1e-7, 10}, {"MeanEnergy", g.MeanEnergy, 14, 30}, {"Electrons", g.Electrons, 1e-3, 1e8},
		{"Z", g.Z, 1e-4, 20}, {"NO", g.NO, -10, 3}, {"Dust", g.Dust, 0, 1e-18}, {"Column", g.Column, 1e12, math.Inf(1)},
	} {
		if !(v.value >= v.lo && v.value <= v.hi) {
			return fmt.Errorf("cluster: Gas.%s is %v, want %g to %g", v.name, v.value, v.lo, v.hi)
		}
	}
	return nil
}

// The photons' energies are counted in bins that meet at the thresholds of
// helium and of O+.
const bins = 24

// A bin's cross sections are means over it, in the order: hydrogen, helium, and
// the stages of the elements one after the other.
var (
	binMid   [bins]float64 // eV
	binEdge  [bins + 1]float64
	sections [][bins]float64
)

// Temperatures [K] at which a model's emissivities are tabulated. ln ε is almost
// linear in 1/T between them.
var nodes = [9]float64{2500, 3500, 4800, 6200, 8000, 10000, 13000, 18000, 30000}

// The stages' rate coefficients, tabulated at temperatures evenly spaced in their
// logarithm, in the order of the elements: recombination, charge exchange with
// neutral hydrogen, and with protons.
const (
	rateSteps = 96
	coldest   = 2000.0  // K
	hottest   = 40000.0 // K
)

var rates [][rateSteps + 1][3]float64

// ratePlace finds a temperature in the table.
func ratePlace(temperature float64) (i int, w float64) {
	at := math.Log(temperature/coldest) / math.Log(hottest/coldest) * rateSteps
	i = min(max(0, int(at)), rateSteps-1)
	return i, at - float64(i)
}

// The mean energies [eV] of black bodies, by which the one with a given mean
// energy is found.
var (
	bodyMean        [80]float64
	bodyTemperature [80]float64
)

func init() {
	i := 0
	for _, part := range []struct {
		from, to float64
		n        int
	}{{13.6, 24.59, 10}, {24.59, 35.12, 6}, {35.12, hardest, 8}} {
		for k := range part.n {
			binEdge[i] = part.from * math.Pow(part.to/part.from, float64(k)/float64(part.n))
			i++
		}
	}
	binEdge[bins] = hardest
	for b := range bins {
		binMid[b] = (binEdge[b] + binEdge[b+1]) / 2
	}
	add := func(c crossSection) {
		var mean [bins]float64
		for b := range bins {
			const fine = 16
			for k := range fine {
				mean[b] += c.at(binEdge[b]+(binEdge[b+1]-binEdge[b])*(float64(k)+0.5)/fine) / fine
			}
		}
		sections = append(sections, mean)
	}
	add(hydrogenSection)
	add(heliumSection)
	for _, e := range elements {
		for _, s := range e.stages {
			add(s.section)
			var table [rateSteps + 1][3]float64
			for i := range table {
				t4 := coldest / 1e4 * math.Pow(hottest/coldest, float64(i)/rateSteps)
				table[i] = [3]float64{s.recombination(t4), s.exchange(t4)}
				if s.back > 0 {
					table[i][2] = s.back * s.backFit(t4)
				}
			}
			rates = append(rates, table)
		}
	}
	for i := range bodyMean {
		bodyTemperature[i] = 15_000 * math.Pow(1e6/15_000, float64(i)/float64(len(bodyMean)-1))
		photons := blackBody(bodyTemperature[i])
		for b, n := range photons {
			bodyMean[i] += n * binMid[b]
		}
	}
}

// blackBody is the share of a black body's ionising photons in each bin.
func blackBody(temperature float64) (share [bins]float64) {
	sum := 0.0
	for b := range bins {
		e := binMid[b]
		share[b] = e * e / math.Expm1(e*eV/(boltz*temperature)) * (binEdge[b+1] - binEdge[b])
		sum += share[b]
	}
	for b := range bins {
		share[b] /= sum
	}
	return share
}

// bodyOf is the temperature of the black body with that mean energy of photons.
func bodyOf(mean float64) float64 {
	mean = min(max(mean, bodyMean[0]), bodyMean[len(bodyMean)-1])
	return between(bodyMean[:], bodyTemperature[:], mean)
}

// A slab is the gas while its zones are worked through, from the lit face
// inwards.
type slab struct {
	Gas
	nH     float64
	helium float64       // atoms per hydrogen atom
	flux   [bins]float64 // photons per cm² and second
	total  float64       // of them

	abundance []float64 // of the element of each ion, all ions in a row
	fraction  []float64 // of the element in each ion
	ions      []float64 // their product: ions per hydrogen nucleus

	// The zone that is worked on.
	temperature      float64
	proton, neutral  float64 // of hydrogen
	ionHe, electrons float64 // He+ and electrons per hydrogen nucleus

	logLine [][len(nodes)]float64 // ln of the lines' emissivities at the nodes
	logCool [][len(nodes)]float64 // and of what the atoms radiate in all
	lineIon []*float64            // ions per hydrogen nucleus that make the line
	atomIon []*float64
}

// Emit computes the slab's ionisation, temperature and lines. It is divided into
// zones; in each the ions are in balance between photoionisation by what light
// is left, recombination and charge exchange with hydrogen, the electrons'
// temperature between heating by photoionisation and cooling by lines,
// recombination and free-free radiation (Osterbrock and Ferland 2006, chapters 2
// and 3). Light that recombination to the ground state gives back is absorbed on
// the spot (case B); of helium's recombinations 96 % ionise a hydrogen atom.
func (g Gas) Emit() (*Spectrum, error) {
	if err := g.Check(); err != nil {
		return nil, err
	}
	s := newSlab(g)
	out := &Spectrum{Ratio: make([]float64, len(lines))}
	mean := make([]float64, len(s.fraction))
	first := s.total
	longest := 0.04 * first / (caseB(1) * s.nH * s.nH * 1.1)
	column, hBeta, hot, weight := 0.0, 0.0, 0.0, 0.0
	for zone := 0; zone < 400; zone++ {
		scale := s.total / (caseB(s.temperature/1e4) * s.nH * s.nH * 1.1)
		depth := min(longest, 0.25*scale, (g.Column-column)/s.nH)
		lit := s.zone(depth, zone == 0)
		column += depth * s.nH

		measure := s.nH * s.nH * s.electrons * depth
		w := measure * s.proton
		weight += w
		hot += w * s.temperature
		at, u := s.node(s.temperature)
		for i := range lines {
			out.Ratio[i] += measure * *s.lineIon[i] * math.Exp(s.logLine[i][at]+u*(s.logLine[i][at+1]-s.logLine[i][at]))
		}
		hBeta += w * hydrogenLine(4861, s.temperature)
		for i, f := range s.fraction {
			mean[i] += w * f
		}
		out.Recombined += (lit.hydrogen + lit.helium) / first
		out.Dusted += lit.dust / first
		if s.total < 1e-3*first || s.proton < 0.1 || column >= g.Column*(1-1e-9) {
			break
		}
	}
	out.Escaped = s.total / first
	out.HBeta = hBeta / first
	out.Temperature = hot / weight
	for i := range out.Ratio {
		out.Ratio[i] /= hBeta
	}
	out.Ion = map[string]float64{}
	i := 0
	for _, e := range elements {
		for k := range len(e.stages) + 1 {
			out.Ion[e.name+" "+roman[e.low+k]] = mean[i] / weight
			i++
		}
	}
	return out, nil
}

var roman = [...]string{"I", "II", "III", "IV", "V"}

func newSlab(g Gas) *slab {
	s := &slab{Gas: g, temperature: 8000, proton: 1, electrons: 1.1}
	s.nH = g.Electrons / s.electrons
	s.helium = 0.0737 + 0.0293*g.Z // Groves et al. 2004
	s.total = g.U * s.nH * clight
	for b, share := range blackBody(bodyOf(g.MeanEnergy)) {
		s.flux[b] = share * s.total
	}
	oxygen := 0.0
	for _, e := range elements {
		if e.name == "O" {
			oxygen = math.Pow(10, e.solar) * g.Z
		}
	}
	index := map[string]int{}
	for _, e := range elements {
		abundance := math.Pow(10, e.solar) * g.Z
		if e.name == "N" {
			abundance = oxygen * math.Pow(10, g.NO)
		}
		for k := range len(e.stages) + 1 {
			index[e.name+" "+roman[e.low+k]] = len(s.abundance)
			s.abundance = append(s.abundance, abundance)
		}
	}
	s.fraction, s.ions = make([]float64, len(s.abundance)), make([]float64, len(s.abundance))
	s.tabulate(index)
	return s
}

// tabulate computes the emissivities at the nodes.
func (s *slab) tabulate(index map[string]int) {
	s.logLine, s.lineIon = make([][len(nodes)]float64, len(lines)), make([]*float64, len(lines))
	s.logCool, s.atomIon = make([][len(nodes)]float64, len(atoms)), make([]*float64, len(atoms))
	var each [maxLevels * maxLevels]float64
	for n, t := range nodes {
		for i := range atoms {
			a := &atoms[i]
			a.emission(t, s.Electrons, each[:])
			sum := 0.0
			for r := range a.rates {
				sum += each[r]
			}
			s.logCool[i][n] = math.Log(sum)
			s.atomIon[i] = &s.ions[index[a.ion]]
			for _, l := range atomLines[i] {
				sum := 0.0
				for _, r := range l.rates {
					sum += each[r]
				}
				s.logLine[l.line][n] = math.Log(sum)
				s.lineIon[l.line] = s.atomIon[i]
			}
		}
		for i, l := range lines {
			switch l.ion {
			case "H":
				s.logLine[i][n] = math.Log(hydrogenLine(l.table, t))
				s.lineIon[i] = &s.proton
			case "He":
				s.logLine[i][n] = math.Log(heliumLine(l.table, t, s.Electrons))
				s.lineIon[i] = &s.ionHe
			}
		}
	}
}

// atomLines are, for each atom, its lines and the transitions they are made of,
// by number.
var atomLines = func() (of [][]struct {
	line  int
	rates []int
}) {
	of = make([][]struct {
		line  int
		rates []int
	}, len(atoms))
	for i := range atoms {
		for j, l := range lines {
			if l.ion != atoms[i].ion {
				continue
			}
			var rates []int
			for _, p := range l.pairs {
				for r, t := range atoms[i].rates {
					if t.upper == p[0] && t.lower == p[1] {
						rates = append(rates, r)
					}
				}
			}
			of[i] = append(of[i], struct {
				line  int
				rates []int
			}{j, rates})
		}
	}
	return of
}()

// node finds the temperature among the nodes, in 1/T.
func (s *slab) node(temperature float64) (i int, w float64) {
	for i < len(nodes)-2 && temperature > nodes[i+1] {
		i++
	}
	return i, (1/temperature - 1/nodes[i]) / (1/nodes[i+1] - 1/nodes[i])
}

// caseB is hydrogen's recombination coefficient to excited levels [cm³/s] at
// t4 = T/10^4 K (Draine 2011, equation 14.6).
func caseB(t4 float64) float64 {
	return 2.54e-13 * math.Pow(t4, -0.8163-0.0208*math.Log(t4))
}

// caseBHelium is that of helium (Draine 2011, equation 14.15).
func caseBHelium(t4 float64) float64 {
	return 2.72e-13 * math.Pow(t4, -0.789)
}

// heliumLight is the share of helium's recombinations whose light ionises a
// hydrogen atom, and what that leaves the electron on average [eV]: 19.8 eV from
// 2³S and 21.2 eV from 2¹P mostly (Osterbrock and Ferland 2006, section 2.4).
const (
	heliumLight  = 0.96
	heliumExcess = 6.0
)

// What a zone absorbs, in photons per cm² and second.
type absorbed struct{ hydrogen, helium, dust float64 }

// zone solves the next depth [cm] of the slab and takes its light away.
func (s *slab) zone(depth float64, first bool) absorbed {
	if first {
		for range 3 { // no zone before it to start from
			s.ionise(&s.flux)
			s.heat(&s.flux)
		}
	}
	mean := s.flux
	var left [bins]float64
	var took absorbed
	// What is absorbed depends on the mean light, and the mean light on that.
	for pass := range 3 {
		s.ionise(&mean)
		took = absorbed{}
		for b, f := range s.flux {
			h := s.neutral * sections[0][b]
			he := (s.helium - s.ionHe) * sections[1][b]
			all := h + he + s.Dust
			tau := all * s.nH * depth
			lost := -f * math.Expm1(-tau)
			left[b] = f - lost
			mean[b] = lost / tau
			if all == 0 {
				mean[b] = f
				continue
			}
			took.hydrogen += lost * h / all
			took.helium += lost * he / all
			took.dust += lost * s.Dust / all
		}
		if pass == 1 {
			s.heat(&mean)
		}
	}
	s.metals(&mean)
	s.flux, s.total = left, 0
	for _, f := range left {
		s.total += f
	}
	return took
}

// photoionisation is a species' rate [1/s] in a light.
func photoionisation(light *[bins]float64, section *[bins]float64) float64 {
	sum := 0.0
	for b, f := range light {
		sum += f * section[b]
	}
	return sum
}

// ionise balances hydrogen and helium.
func (s *slab) ionise(light *[bins]float64) {
	t4 := s.temperature / 1e4
	alpha, alphaHe := caseB(t4), caseBHelium(t4)
	rate, rateHe := photoionisation(light, &sections[0]), photoionisation(light, &sections[1])
	for range 8 {
		ne := s.electrons * s.nH
		s.ionHe = s.helium * rateHe / (rateHe + ne*alphaHe)
		again := heliumLight * ne * alphaHe * s.ionHe // ionisations by helium's light per hydrogen nucleus
		s.neutral = (ne*alpha - again) / (rate + ne*alpha)
		s.proton = 1 - s.neutral
		next := s.proton + s.ionHe + 1e-4 // metals give the last electrons
		if math.Abs(next-s.electrons) < 1e-7 {
			break
		}
		s.electrons = next
	}
}

// metals balances the other elements, ion by ion.
func (s *slab) metals(light *[bins]float64) {
	ne := s.electrons * s.nH
	place, w := ratePlace(s.temperature)
	at, number := 0, 0
	for i := range elements {
		e := &elements[i]
		sum, f := 1.0, 1.0
		s.fraction[at] = 1
		for k := range e.stages {
			a, b := &rates[number][place], &rates[number][place+1]
			rate := func(i int) float64 { return a[i] + w*(b[i]-a[i]) }
			up := photoionisation(light, &sections[number+2]) + rate(2)*s.proton*s.nH
			down := ne*rate(0) + rate(1)*s.neutral*s.nH
			number++
			f *= up / down
			s.fraction[at+k+1] = f
			sum += f
		}
		for k := range len(e.stages) + 1 {
			s.fraction[at+k] /= sum
			s.ions[at+k] = s.fraction[at+k] * s.abundance[at+k]
		}
		at += len(e.stages) + 1
	}
}

// heat finds the temperature at which heating and cooling agree.
func (s *slab) heat(light *[bins]float64) {
	s.metals(light)
	ne := s.electrons * s.nH
	// Heating and cooling are per hydrogen nucleus and electron.
	heating := heliumLight * caseBHelium(s.temperature/1e4) * s.ionHe * heliumExcess * eV
	for b, f := range light {
		heating += f * (s.neutral*sections[0][b]*max(0, binMid[b]-13.6) + (s.helium-s.ionHe)*sections[1][b]*max(0, binMid[b]-24.59)) * eV / ne
	}
	// What is heated is what recombines, and that changes with the temperature.
	heating /= caseB(s.temperature / 1e4)
	excess := func(t float64) float64 { return s.cool(t) - heating*caseB(t/1e4) }
	lo, hi := nodes[0], nodes[len(nodes)-1]
	if excess(lo) > 0 || excess(hi) < 0 { // colder or hotter than ionised gas is
		s.temperature = lo
		if excess(hi) < 0 {
			s.temperature = hi
		}
		return
	}
	// Around the zone before, then by secants within the bracket (Illinois).
	if t := s.temperature * 0.95; t > lo && excess(t) < 0 {
		lo = t
	}
	if t := s.temperature * 1.05; t < hi && excess(t) > 0 {
		hi = t
	}
	a, b := excess(lo), excess(hi)
	side := 0
	for range 30 {
		t := (a*hi - b*lo) / (a - b)
		c := excess(t)
		s.temperature = t
		if math.Abs(c) < 1e-4*heating*caseB(1) {
			return
		}
		if c < 0 {
			lo, a = t, c
			if side == -1 {
				b /= 2
			}
			side = -1
		} else {
			hi, b = t, c
			if side == 1 {
				a /= 2
			}
			side = 1
		}
	}
}

// cool is what the gas radiates [erg cm³/s] per hydrogen nucleus and electron: by
// recombination (the mean energy of Draine 2011, equation 27.23), free-free
// (Osterbrock and Ferland 2006, equation 3.14), Lyman alpha (Black 1981) and the
// lines of the atoms.
func (s *slab) cool(t float64) float64 {
	t4 := t / 1e4
	ions := s.proton + s.ionHe
	sum := (s.proton*caseB(t4) + s.ionHe*caseBHelium(t4)) * (0.684 - 0.0416*math.Log(t4)) * boltz * t
	sum += 1.42e-27 * 1.3 * math.Sqrt(t) * ions
	sum += 7.5e-19 * math.Exp(-118348/t) * s.neutral
	i, w := s.node(t)
	for j := range s.logCool {
		sum += *s.atomIon[j] * math.Exp(s.logCool[j][i]+w*(s.logCool[j][i+1]-s.logCool[j][i]))
	}
	return sum
}
