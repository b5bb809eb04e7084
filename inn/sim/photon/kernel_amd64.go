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
	exits, cosines *float32 // cosines may be nil
}

// lanes says that this processor and its system run the kernel.
var lanes = cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL && cpu.X86.HasBMI2 && cpu.X86.HasPOPCNT

// follow follows the job's packets; exits and cosines are those of the packets
// from the first of the job on; there may be no cosines.
func (j *job) follow(exits, cosines []float32) {
	if !lanes {
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
		key[0] += 0x9E3779B9
		key[1] += 0xBB67AE85
	}
	clear(exits) // the kernel writes of those that leave
	clear(cosines)
	follow512((*byte)(unsafe.Pointer(&a)))
}
