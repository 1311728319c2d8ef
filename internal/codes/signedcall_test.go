package codes_test

import (
	"bytes"
	"testing"

	"countersign/internal/codes"
)

func TestSignCall(t *testing.T) {
	secret, body := bytes.Repeat([]byte{7}, codes.CallSecretMin), []byte(`{"a":1}`)
	at := int64(1_767_225_600_000_000)
	good := codes.SignCall(secret, at, body)
	t.Run("what was signed is accepted, with its moment", func(t *testing.T) {
		if got, err := codes.CheckCall(secret, good, body); err != nil || got != at {
			t.Errorf("%d, %v", got, err)
		}
	})
	other := bytes.Repeat([]byte{8}, codes.CallSecretMin)
	for name, c := range map[string]struct {
		secret []byte
		header string
		body   string
	}{
		"another body":         {secret, good, `{"a":2}`},
		"another secret":       {other, good, string(body)},
		"a later time":         {secret, "t=1767225601" + good[12:], string(body)},
		"no signature":         {secret, "t=1767225600", string(body)},
		"an empty header":      {secret, "", string(body)},
		"no hex":               {secret, "t=1767225600,v1=zz", string(body)},
		"an empty signature":   {secret, "t=1767225600,v1=", string(body)},
		"the secret is unset":  {nil, codes.SignCall(nil, at, body), string(body)},
		"the secret is short":  {secret[:8], codes.SignCall(secret[:8], at, body), string(body)},
		"something before t":   {secret, "x" + good, string(body)},
		"the time is negative": {secret, codes.SignCall(secret, -1_000_000, body), string(body)},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			if _, err := codes.CheckCall(c.secret, c.header, []byte(c.body)); err == nil {
				t.Error("accepted")
			}
		})
	}
}
