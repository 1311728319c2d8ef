package softkey

import (
	"crypto/ecdsa"
	"encoding/binary"
)

// The few CBOR items that an answer needs (RFC 8949 §3), in the canonical order
// of CTAP2; a library would be larger than its use.

const (
	majorUint  = 0 << 5
	majorNegat = 1 << 5
	majorBytes = 2 << 5
	majorText  = 3 << 5
	majorArray = 4 << 5
	majorMap   = 5 << 5
)

// algES256 is the COSE algorithm ECDSA with SHA-256 (RFC 9053 §2.1).
const algES256 = -7

func cborHead(major byte, n uint64) []byte {
	switch {
	case n < 24:
		return []byte{major | byte(n)}
	case n < 1<<8:
		return []byte{major | 24, byte(n)}
	case n < 1<<16:
		return binary.BigEndian.AppendUint16([]byte{major | 25}, uint16(n))
	default:
		return binary.BigEndian.AppendUint32([]byte{major | 26}, uint32(n))
	}
}

func cborInt(n int64) []byte {
	if n < 0 {
		return cborHead(majorNegat, uint64(-1-n))
	}
	return cborHead(majorUint, uint64(n))
}

func cborBytes(b []byte) []byte {
	return append(cborHead(majorBytes, uint64(len(b))), b...)
}

func cborText(s string) []byte {
	return append(cborHead(majorText, uint64(len(s))), s...)
}

func cborArray(items ...[]byte) []byte {
	return cborJoin(cborHead(majorArray, uint64(len(items))), items)
}

// cborMap takes keys and values in turn.
func cborMap(pairs ...[]byte) []byte {
	return cborJoin(cborHead(majorMap, uint64(len(pairs)/2)), pairs)
}

func cborJoin(head []byte, items [][]byte) []byte {
	for _, item := range items {
		head = append(head, item...)
	}
	return head
}

// cosePublicKey encodes a P-256 key as COSE_Key: kty EC2, ES256, curve 1 (RFC 9053 §7.1).
func cosePublicKey(key *ecdsa.PublicKey) []byte {
	const size = 32
	point, _ := key.Bytes() // cannot fail: the key was generated here; 0x04 ‖ x ‖ y
	return cborMap(
		cborInt(1), cborInt(2),
		cborInt(3), cborInt(algES256),
		cborInt(-1), cborInt(1),
		cborInt(-2), cborBytes(point[1:1+size]),
		cborInt(-3), cborBytes(point[1+size:]),
	)
}
