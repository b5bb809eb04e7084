package photon

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

//go:generate go -C asm run . -out ../follow_amd64.s -stubs ../follow_stub_amd64.go -pkg photon

// arguments is what the kernel reads; asm/main.go knows the offsets.
type arguments struct {
	table          table
	keys           [7][2]uint32 // of philox's rounds
	first          uint32       // the packet of exits[0]
	_              uint32
	runs           *launch
	count          int
	exits, cosines *float32        // cosines may be nil
	vectors        [7][2][8]uint32 // the keys again, for AVX2
	lanes          [17][8]float32  // what AVX2 has no registers for
}

// A kernel are its forms for tables of up to 16 layers, and of up to fewLayers.
type kernel struct{ any, few func(*byte) }

const fewLayers = 8

var (
	avx512   = kernel{follow512, follow512}
	avx2     = kernel{follow256_16, follow256_8}
	portable = kernel{}
)

// best is the kernel that this processor and its system run fastest.
var best = func() kernel {
	c := &cpu.X86
	switch {
	case !c.HasBMI1 || !c.HasBMI2 || !c.HasPOPCNT:
		return portable
	case c.HasAVX512F && c.HasAVX512DQ && c.HasAVX512BW && c.HasAVX512VL:
		return avx512
	case c.HasAVX2:
		return avx2
	}
	return portable
}()

// follow follows the job's packets; exits and cosines are those of the packets
// from the first of the job on; there may be no cosines.
func (j *job) follow(exits, cosines []float32) {
	if best.any == nil {
		j.portable(exits, cosines)
		return
	}
	a := arguments{table: j.table, first: j.runs[0].id, runs: &j.runs[0], count: len(j.runs), exits: &exits[0]}
	if len(cosines) > 0 {
		a.cosines = &cosines[0]
	}
	key := j.key
	for r := range a.keys {
		a.keys[r] = key
		for i := range 8 {
			a.vectors[r][0][i], a.vectors[r][1][i] = key[0], key[1]
		}
		key[0] += 0x9E3779B9
		key[1] += 0xBB67AE85
	}
	clear(exits) // the kernel writes of those that leave
	clear(cosines)
	if j.layers <= fewLayers {
		best.few((*byte)(unsafe.Pointer(&a)))
	} else {
		best.any((*byte)(unsafe.Pointer(&a)))
	}
}
