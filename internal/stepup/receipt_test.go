package stepup

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"countersign/internal/ledger"
	"countersign/internal/softkey"
)

const (
	testPerson = "p-1"
	testText   = "countersign/approval/v1\nrp-id: localhost\nticket: K7QP-2M9X\ndecision: approve\napprover-id: p-1\n\nReason:\n> decision: deny\n"
)

// paper is a receipt in the making: the log's entries can be changed before it is signed.
type paper struct {
	statement           string
	admission, approval ledger.Entry
	name                *Detail
	receipt             Receipt
	vkey                string
}

func newPaper(t testing.TB, b *bench, change func(*paper)) *paper {
	t.Helper()
	key := Digest(b.cred.PublicKey)
	p := &paper{statement: testText, name: &Detail{Salt: "0123456789abcdef", Text: "Ann Approver"}}
	p.admission = ledger.Entry{Seq: 1, At: 10, Kind: KindKeyCounted, Actor: "p-0", Data: map[string]string{DataPerson: testPerson, DataKey: key}, Detail: ledger.DetailDigest(p.name.Salt, p.name.Text)}
	p.approval = ledger.Entry{Seq: 4, At: 20, Kind: KindDecided, Actor: testPerson, Data: map[string]string{DataKey: key, DataDecision: "approve", DataStatement: StatementDigest(testText)}}
	if change != nil {
		change(p)
	}
	p.sign(t, b)
	p.prove(t)
	return p
}

func (p *paper) sign(t testing.TB, b *bench) {
	t.Helper()
	nonce := make([]byte, NonceSize)
	_, _ = rand.Read(nonce)
	options, session, err := b.rp.BeginAssertion([]Credential{b.cred}, ann.Handle, Challenge(nonce, p.statement))
	if err != nil {
		t.Fatal(err)
	}
	response := b.get(t, options, testOrigin)
	a, err := b.rp.FinishAssertion(session, []Credential{b.cred}, ann.Handle, response)
	if err != nil && b.key.Forge == nil {
		t.Fatal(err)
	}
	if err != nil { // a lying key: take what it signed all the same
		a = signedBy(t, response)
	}
	p.receipt = Receipt{
		Statement: p.statement, Nonce: nonce, Decision: "approve",
		ClientDataJSON: a.ClientDataJSON, AuthenticatorData: a.AuthenticatorData, Signature: a.Signature, PublicKey: b.cred.PublicKey,
	}
}

func signedBy(t testing.TB, response []byte) Assertion {
	t.Helper()
	var r struct {
		Response struct{ ClientDataJSON, AuthenticatorData, Signature Bytes }
	}
	if err := json.Unmarshal(response, &r); err != nil {
		t.Fatal(err)
	}
	return Assertion{ClientDataJSON: r.Response.ClientDataJSON, AuthenticatorData: r.Response.AuthenticatorData, Signature: r.Response.Signature}
}

// hashes is a stored log in memory.
type hashes []ledger.Hash

func (h hashes) ReadHashes(indexes []int64) ([]ledger.Hash, error) {
	var out []ledger.Hash
	for _, i := range indexes {
		out = append(out, h[i])
	}
	return out, nil
}

// prove writes a log of six entries and takes the proofs from it.
func (p *paper) prove(t testing.TB) {
	t.Helper()
	skey, vkey, err := ledger.NewKey(rand.Reader, "localhost/countersign-audit/1")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ledger.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	const size = 6
	var stored hashes
	bodies := make([]string, size)
	for seq := range int64(size) {
		e := ledger.Entry{Seq: seq, At: seq, Kind: "staff.signed-in"}
		if seq == p.admission.Seq {
			e = p.admission
		} else if seq == p.approval.Seq {
			e = p.approval
		}
		bodies[seq], err = e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		more, err := ledger.Append(seq, bodies[seq], stored)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, more...)
	}
	root, _ := ledger.Root(size, stored)
	text, err := signer.Sign(ledger.Checkpoint{Origin: signer.Origin(), Size: size, Root: root})
	if err != nil {
		t.Fatal(err)
	}
	include := func(seq int64) Inclusion {
		proof, err := ledger.ProveInclusion(size, seq, stored)
		if err != nil {
			t.Fatal(err)
		}
		return Inclusion{Index: seq, Body: bodies[seq], Proof: strings.Split(ledger.EncodeHashes(proof), "\n")}
	}
	p.vkey = vkey
	p.receipt.Log = &LogProof{Checkpoint: text, Admission: include(p.admission.Seq), Approval: include(p.approval.Seq)}
	p.receipt.Log.Admission.Detail = p.name
}

func (p *paper) encode(t testing.TB) []byte {
	t.Helper()
	data, err := p.receipt.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestR52_Receipt(t *testing.T) {
	b := newBench(t, nil)
	t.Run("proves who signed which statement", func(t *testing.T) {
		p := newPaper(t, b, nil)
		got := VerifyReceipt(p.encode(t), p.vkey)
		want := Result{Status: ValidAndTied, Statement: testText, Decision: "approve", Person: testPerson, PersonName: "Ann Approver", Log: "localhost/countersign-audit/1", At: 20}
		if got != want {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	})
	t.Run("ties the key to nobody without the log key", func(t *testing.T) {
		p := newPaper(t, b, nil)
		p.receipt.Log = nil
		got := VerifyReceipt(p.encode(t), "")
		if got.Status != ValidNotTied || got.Why != NotTied || got.Person != "" || got.PersonName != "" {
			t.Fatalf("got %+v", got)
		}
	})
	t.Run("stays valid when the name was erased", func(t *testing.T) {
		p := newPaper(t, b, func(p *paper) { p.name = nil })
		if got := VerifyReceipt(p.encode(t), p.vkey); got.Status != ValidAndTied || got.PersonName != "" {
			t.Fatalf("got %+v", got)
		}
	})
	t.Run("is invalid when stripped of its proofs", func(t *testing.T) {
		p := newPaper(t, b, nil)
		p.receipt.Log = nil
		wantInvalid(t, VerifyReceipt(p.encode(t), p.vkey), "no proofs")
	})
	t.Run("is invalid under another log's key", func(t *testing.T) {
		p, q := newPaper(t, b, nil), newPaper(t, b, nil)
		wantInvalid(t, VerifyReceipt(p.encode(t), q.vkey), "checkpoint")
	})
	t.Run("is invalid after any one bit of any byte is flipped", func(t *testing.T) {
		p := newPaper(t, b, nil)
		compact, _ := json.Marshal(json.RawMessage(p.encode(t)))
		for i := range compact {
			damaged := bytes.Clone(compact)
			damaged[i] ^= 1 << (i % 7)
			if got := VerifyReceipt(damaged, p.vkey); got.Status != Invalid {
				t.Fatalf("byte %d, %q for %q: %s", i, damaged[i], compact[i], got.Status)
			}
		}
	})
	t.Run("has one spelling", func(t *testing.T) {
		p := newPaper(t, b, nil)
		data := string(p.encode(t))
		for name, other := range map[string]string{
			"a repeated field": strings.Replace(data, `"decision"`, `"decision": "deny", "decision"`, 1),
			"an unknown field": strings.Replace(data, `"decision"`, `"note": "x", "decision"`, 1),
			"another case":     strings.Replace(data, `"decision"`, `"Decision"`, 1),
			"a second value":   data + "{}",
		} {
			if got := VerifyReceipt([]byte(other), p.vkey); got.Status != Invalid {
				t.Errorf("accepted %s", name)
			}
		}
	})
}

func wantInvalid(t *testing.T, got Result, why string) {
	t.Helper()
	if got.Status != Invalid || !strings.Contains(got.Why, why) {
		t.Fatalf("status %s, why %q; want invalid because of %q", got.Status, got.Why, why)
	}
	if got.Statement != "" || got.Person != "" || got.Decision != "" {
		t.Fatalf("an invalid receipt says something: %+v", got)
	}
}

// TestR52_ReceiptBinding: everything is signed and logged properly, but the
// pieces do not belong together.
func TestR52_ReceiptBinding(t *testing.T) {
	replace := func(old, new string) func(*paper) {
		return func(p *paper) {
			p.statement = strings.Replace(p.statement, old, new, 1)
			p.approval.Data[DataStatement] = StatementDigest(p.statement)
		}
	}
	cases := []struct {
		name, why string
		change    func(*paper)           // before signing and logging
		forge     func(*softkey.Parts)   // signed by the key
		after     func(*paper, *Receipt) // after
	}{
		{name: "another person's key", why: "another person", change: func(p *paper) { p.admission.Data[DataPerson] = "p-2" }},
		{name: "an approver the log does not name", why: "another person", change: func(p *paper) { delete(p.admission.Data, DataPerson) }},
		{name: "another admitted key", why: "another key", change: func(p *paper) { p.admission.Data[DataKey] = Digest([]byte("x")) }},
		{name: "another deciding key", why: "another key", change: func(p *paper) { p.approval.Data[DataKey] = Digest([]byte("x")) }},
		{name: "another logged decision", why: "another statement or decision", change: func(p *paper) { p.approval.Data[DataDecision] = "deny" }},
		{name: "another logged statement", why: "another statement or decision", change: func(p *paper) { p.approval.Data[DataStatement] = StatementDigest("x") }},
		{name: "a refused admission", why: "is not a", change: func(p *paper) { p.admission.Kind = "staff.key-refused" }},
		{name: "an entry of another kind", why: "is not a", change: func(p *paper) { p.approval.Kind = "approval.asked" }},
		{name: "a key counted later", why: "after the decision", change: func(p *paper) { p.admission.Seq, p.approval.Seq = 4, 1 }},
		{name: "another name", why: "name", change: func(p *paper) { p.name = &Detail{Salt: p.name.Salt, Text: "Bob Builder"} }},
		{name: "a denial filed as approval", why: "not the statement's", change: replace("decision: approve", "decision: deny")},
		{name: "two decisions", why: "one decision", change: replace("decision: approve", "decision: approve\ndecision: deny")},
		{name: "no approver", why: "one approver", change: replace("approver-id: p-1\n", "")},
		{name: "another label", why: "first line", change: replace(StatementLabel, "countersign/approval/v2")},
		{name: "another RP ID in the statement", why: "another site", change: replace("rp-id: localhost", "rp-id: desk.example")},
		{name: "another site's page", why: "another site", forge: clientData("origin", "https://desk.example")},
		{name: "a frame on another site", why: "frame", forge: clientData("crossOrigin", "")},
		{name: "a registration", why: "not of an assertion", forge: clientData("type", "webauthn.create")},
		{name: "another RP ID signed", why: "RP ID", forge: func(p *softkey.Parts) { p.AuthData[0] ^= 1 }},
		{name: "no user verification", why: "verify its user", forge: flags(softkey.FlagUV, 0)},
		{name: "no user presence", why: "verify its user", forge: flags(softkey.FlagUP, 0)},
		{name: "a short nonce", why: "nonce", after: func(_ *paper, r *Receipt) { r.Nonce = r.Nonce[:16] }},
		{name: "another nonce", why: "challenge", after: func(_ *paper, r *Receipt) { r.Nonce[0] ^= 1 }},
		{name: "another index", why: "proof", after: func(_ *paper, r *Receipt) { r.Log.Approval.Index-- }},
		{name: "proofs in each other's place", why: "is not a", after: func(_ *paper, r *Receipt) {
			r.Log.Admission, r.Log.Approval = r.Log.Approval, r.Log.Admission
		}},
		{name: "another public key", why: "signature", after: func(_ *paper, r *Receipt) { r.PublicKey = slices.Clone(otherKey(t)) }},
	}
	for _, c := range cases {
		t.Run("refuses "+c.name, func(t *testing.T) {
			b := newBench(t, nil)
			b.key.Forge = c.forge
			p := newPaper(t, b, c.change)
			if c.after != nil {
				c.after(p, &p.receipt)
			}
			wantInvalid(t, VerifyReceipt(p.encode(t), p.vkey), c.why)
		})
	}
}

func otherKey(t *testing.T) []byte { return newBench(t, nil).cred.PublicKey }

func TestParseStatement(t *testing.T) {
	t.Run("reads headers and nothing that people wrote", func(t *testing.T) {
		s, err := ParseStatement(testText)
		if err != nil {
			t.Fatal(err)
		}
		if v, ok := s.Value(HeaderDecision); v != "approve" || !ok {
			t.Errorf("decision %q, %v", v, ok)
		}
		if v, ok := s.Value("> decision"); ok {
			t.Errorf("read %q from the body", v)
		}
	})
	for name, text := range map[string]string{
		"an empty text": "", "another label": "x\nrp-id: y", "a line without colon": StatementLabel + "\nrp-id", "a name in capitals": StatementLabel + "\nRP-ID: y",
		"a folded line": StatementLabel + "\nrp-id: y\n z: w", "a carriage return": StatementLabel + "\nrp-id: y\r\n", "NUL": StatementLabel + "\nrp-id: \x00", "bad UTF-8": StatementLabel + "\nrp-id: \xff",
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			if _, err := ParseStatement(text); err == nil {
				t.Fatal("accepted")
			}
		})
	}
}

// FuzzVerifyReceipt: whatever the file, the answer is one of the three, and
// what is accepted is the receipt that was made.
func FuzzVerifyReceipt(f *testing.F) {
	b := newBench(f, nil)
	p := newPaper(f, b, nil)
	data := p.encode(f)
	for _, seed := range [][]byte{nil, []byte("{}"), []byte("null"), []byte(`{"version":"countersign/receipt/v1"}`), data, data[:len(data)/2], bytes.ReplaceAll(data, []byte(" "), nil)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		tied, untied := VerifyReceipt(in, p.vkey), VerifyReceipt(in, "")
		if tied.Status == ValidAndTied && tied.Statement != testText {
			t.Fatalf("accepted another statement: %q", tied.Statement)
		}
		if untied.Status == ValidAndTied || tied.Status == ValidNotTied || tied.Status == ValidAndTied && untied.Status != ValidNotTied {
			t.Fatalf("with the log key %q, without %q", tied.Status, untied.Status)
		}
	})
}
