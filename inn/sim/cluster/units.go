package cluster

// Constants (CODATA 2018, IAU 2015) in cgs units.
const (
	clight   = 2.99792458e10 // cm/s
	boltz    = 1.380649e-16  // erg/K
	planck   = 6.62607015e-27
	eV       = 1.602176634e-12 // erg
	hydrogen = 1.6735e-24      // g, mass of the atom
	parsec   = 3.0857e18       // cm
	megayear = 3.15576e13      // s
	solar    = 1.98841e33      // g
	kmps     = 1e5             // cm/s

	// Mass per hydrogen nucleus, in units of that nucleus, with a helium atom
	// for ten hydrogen atoms.
	perH = 1.4
)

// The dynamics run in solar masses, parsecs and megayears.
const (
	gravity   = 4.4985e-3 // pc³ / (Msun Myr²)
	speedUnit = parsec / megayear / kmps
	powerUnit = solar * (parsec / megayear) * (parsec / megayear) / megayear // erg/s
	forceUnit = solar * (parsec / megayear) / megayear                       // dyn
	gasUnit   = perH * hydrogen * parsec * parsec * parsec / solar           // Msun/pc³ of 1 H/cm³
	lightpc   = clight * megayear / parsec                                   // pc/Myr
)
