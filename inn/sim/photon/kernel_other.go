//go:build !amd64

package photon

// follow follows the job's packets.
func (j *job) follow(exits, cosines []float32) { j.portable(exits, cosines) }
