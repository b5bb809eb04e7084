//go:build race

package worker

// The race detector's own memory would hit the limit.
const memoryLimit = 0
