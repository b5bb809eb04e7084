// Package cluster models a young star cluster inside the cloud of gas that it
// was born from, in one dimension: what its stars shine and blow, how that
// drives a shell of gas outwards, whether the shell dissolves the cloud or falls
// back and makes stars again, and which emission lines the ionised inside of
// the shell shows. It is a teaching model in the manner of WARPFIELD (Rahner
// et al. 2017, 2019) with a small photoionisation code in place of the
// radiative transfer:
//
//	Population   ionising photons, luminosity, winds and supernovae with age
//	Evolve       the shell: energy-driven, then momentum-driven, gravity,
//	             radiation, dissolution or re-collapse with new stars
//	Layer        pressure balance and ionisation inside the shell
//	Nebula       ionisation, temperature and lines of a slab of gas
//
// Where it stops. The cloud is a uniform sphere; the shell is thin, does not
// break up, and all populations sit at its centre. The bubble loses its energy
// at once when its interior has had the time to cool or when it leaves the
// cloud. The ionised gas presses on nothing but the shell. The stars' output
// is that of one population of solar metallicity; other metallicities scale its
// winds and hardness. The ionising spectrum is a black
// body without photons beyond 54.4 eV, so there is no He II, [Ne V] or [O IV];
// there is no silicon, iron or line of carbon, no neutral or molecular zone (so [O I]
// and [N I] come from the edge of the ionised gas alone), no shock, no dust
// between the nebula and the observer, and no continuum. Lines that CLOUDY
// makes the strongest agree with it within a factor of two or so; see the tests.
package cluster
