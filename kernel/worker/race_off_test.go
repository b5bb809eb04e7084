//go:build !race

package worker

// memoryLimit is that of the processes in the tests, in bytes; 0: none.
const memoryLimit = 2 << 30
