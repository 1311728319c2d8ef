package codes

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
)

// CallHeader is the HTTP header that carries SignCall's signature.
const CallHeader = "Countersign-Signature"

// CallSecretMin is how long the secret of signed calls must be, bytes: as long
// as the hash (RFC 2104 §3).
const CallSecretMin = 32

// ErrCall says that a call was not signed with our secret, or not at all.
var ErrCall = errors.New("codes: the call is not signed")

// SignCall signs a call between machines: "t=SECONDS,v1=HEX", HMAC-SHA-256 over
// the time, a dot and the body. at is in microseconds; the header has seconds.
func SignCall(secret []byte, at int64, body []byte) string {
	seconds := strconv.FormatInt(at/1_000_000, 10)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(callMAC(secret, seconds, body))
}

// CheckCall verifies a signature, in constant time, before anybody reads the
// body, and answers when the call says it was signed, microseconds. The caller
// compares that with the clock. It returns [ErrCall]. An empty secret matches nothing.
func CheckCall(secret []byte, header string, body []byte) (at int64, err error) {
	seconds, mac, ok := strings.Cut(strings.TrimPrefix(header, "t="), ",v1=")
	if !ok || !strings.HasPrefix(header, "t=") || len(secret) < CallSecretMin {
		return 0, ErrCall
	}
	got, err := hex.DecodeString(mac)
	if err != nil || !hmac.Equal(got, callMAC(secret, seconds, body)) {
		return 0, ErrCall
	}
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || n < 0 || n > 1<<40 {
		return 0, ErrCall
	}
	return n * 1_000_000, nil
}

func callMAC(secret []byte, seconds string, body []byte) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(seconds + "."))
	h.Write(body)
	return h.Sum(nil)
}
