package photon

import (
	"testing"
	"unsafe"
)

// eachKernel calls f with each of the kernels that this machine can run.
func eachKernel(t *testing.T, f func(t *testing.T)) {
	fastest := best
	defer func() { best = fastest }()
	if best.any == nil {
		t.Skip("this processor has no vectors that there is a kernel for")
	}
	t.Run("best", f)
	best = avx2 // what runs any of them runs this one
	t.Run("AVX2", f)
	best.few = best.any // which a table of few layers must not tell from its own
	t.Run("AVX2 for many layers", f)
}

// The assembly knows these offsets.
func TestOffsets(t *testing.T) {
	var a arguments
	var l launch
	for what, c := range map[string][2]uintptr{
		"depth": {unsafe.Offsetof(a.table.depth), 0}, "albedo": {unsafe.Offsetof(a.table.albedo), 64},
		"g": {unsafe.Offsetof(a.table.g), 128}, "c0": {unsafe.Offsetof(a.table.c0), 192},
		"c1": {unsafe.Offsetof(a.table.c1), 256}, "c2": {unsafe.Offsetof(a.table.c2), 320},
		"up": {unsafe.Offsetof(a.table.up), 384}, "down": {unsafe.Offsetof(a.table.down), 448},
		"out": {unsafe.Offsetof(a.table.out), 512}, "keys": {unsafe.Offsetof(a.keys), 576},
		"first": {unsafe.Offsetof(a.first), 632}, "runs": {unsafe.Offsetof(a.runs), 640},
		"count": {unsafe.Offsetof(a.count), 648}, "exits": {unsafe.Offsetof(a.exits), 656},
		"cosines": {unsafe.Offsetof(a.cosines), 664}, "vectors": {unsafe.Offsetof(a.vectors), 672}, "lanes": {unsafe.Offsetof(a.lanes), 1120}, "launch": {unsafe.Sizeof(l), 16},
		"layer": {unsafe.Offsetof(l.layer), 0}, "weight": {unsafe.Offsetof(l.weight), 4},
		"id": {unsafe.Offsetof(l.id), 8}, "end": {unsafe.Offsetof(l.end), 12},
	} {
		if c[0] != c[1] {
			t.Errorf("%s is at %d, the assembly has it at %d", what, c[0], c[1])
		}
	}
}

// BenchmarkKernels compares the instruction sets.
func BenchmarkKernels(b *testing.B) {
	fastest := best
	defer func() { best = fastest }()
	for name, k := range map[string]kernel{"best": best, "AVX2": avx2, "AVX2-many": {avx2.any, avx2.any}, "portable": portable} {
		best = k
		for scene, s := range map[string]Stack{"slab": benchSlab, "tissue": benchTissue} {
			b.Run(scene+"/"+name, func(b *testing.B) {
				if _, err := Exits([]Stack{s}, b.N, 1); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mphotons/s")
			})
		}
	}
}
