package jupyter

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strings"
	"sync"
)

// schemes are the signature schemes: "hmac-" and what Python's hashlib, where
// Jupyter takes them from, calls the hash.
var schemes = map[string]func() hash.Hash{
	"hmac-md5":      md5.New,
	"hmac-sha1":     sha1.New,
	"hmac-sha224":   sha256.New224,
	"hmac-sha256":   sha256.New,
	"hmac-sha384":   sha512.New384,
	"hmac-sha512":   sha512.New,
	"hmac-sha3_224": func() hash.Hash { return sha3.New224() },
	"hmac-sha3_256": func() hash.Hash { return sha3.New256() },
	"hmac-sha3_384": func() hash.Hash { return sha3.New384() },
	"hmac-sha3_512": func() hash.Hash { return sha3.New512() },
}

// remembered is how many signatures are kept to know a replayed message by: as
// many as jupyter_client keeps.
const remembered = 1 << 16

// A signer signs messages and checks the signatures of others. Its methods may
// be called from several goroutines.
type signer struct {
	hash func() hash.Hash
	key  []byte // empty: messages are not signed

	mu   sync.Mutex
	seen map[string]struct{}
	ring []string // the keys of seen, oldest at next
	next int
}

func newSigner(scheme, key string) (*signer, error) {
	h := schemes[scheme]
	if h == nil {
		known := strings.Join(slices.Sorted(maps.Keys(schemes)), ", ")
		return nil, fmt.Errorf("jupyter: signature scheme %q is not one of %s", scheme, known)
	}
	return &signer{hash: h, key: []byte(key), seen: map[string]struct{}{}}, nil
}

// sign returns the signature of a message's four JSON frames, in hexadecimal.
func (s *signer) sign(frames [][]byte) []byte {
	if len(s.key) == 0 {
		return []byte{}
	}
	mac := hmac.New(s.hash, s.key)
	for _, f := range frames {
		mac.Write(f)
	}
	return hex.AppendEncode(nil, mac.Sum(nil))
}

var (
	errSignature = errors.New("the signature is wrong")
	errReplay    = errors.New("the message was sent before")
)

// check accepts a signature once.
func (s *signer) check(signature []byte, frames [][]byte) error {
	if len(s.key) == 0 {
		return nil
	}
	if !hmac.Equal(signature, s.sign(frames)) {
		return errSignature
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := string(signature)
	if _, again := s.seen[key]; again {
		return errReplay
	}
	if len(s.ring) < remembered {
		s.ring = append(s.ring, key)
	} else {
		delete(s.seen, s.ring[s.next])
		s.ring[s.next] = key
		s.next = (s.next + 1) % remembered
	}
	s.seen[key] = struct{}{}
	return nil
}
