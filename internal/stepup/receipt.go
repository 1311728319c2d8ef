package stepup

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// ReceiptVersion is the first field of every receipt.
const ReceiptVersion = "countersign/receipt/v1"

// Receipt proves an approval or denial to anyone, offline and years later (R52):
// what was signed, with which key, and, through the log, whose key it was.
//
// The signature is a WebAuthn assertion over Challenge(Nonce, Statement). Two
// entries of the log tie the key to a person: the one that counted the key as
// theirs, and the one that recorded this decision. It does not prove that the
// key was still counted at that moment; the entries between the two would show.
type Receipt struct {
	Version           string    `json:"version"`
	Statement         string    `json:"statement"` // exact bytes that were signed
	Nonce             Bytes     `json:"nonce"`     // NonceSize bytes
	Decision          string    `json:"decision"`  // as in the statement
	ClientDataJSON    Bytes     `json:"clientDataJSON"`
	AuthenticatorData Bytes     `json:"authenticatorData"`
	Signature         Bytes     `json:"signature"`
	PublicKey         Bytes     `json:"publicKey"` // COSE_Key
	KeyID             string    `json:"keyId"`     // Digest(PublicKey)
	Log               *LogProof `json:"log,omitempty"`
}

// LogProof holds the log's part of a receipt: one checkpoint, two entries under it.
type LogProof struct {
	Checkpoint string    `json:"checkpoint"` // signed note (C2SP tlog-checkpoint)
	Admission  Inclusion `json:"admission"`  // the key counts as its person's
	Approval   Inclusion `json:"approval"`   // the decision
}

// Inclusion is an entry of the log and the proof that it stands there.
type Inclusion struct {
	Index  int64    `json:"index"` // from 0
	Body   string   `json:"body"`  // the entry's canonical text
	Proof  []string `json:"proof"` // hashes, base64, leaf upwards
	Detail *Detail  `json:"detail,omitempty"`
}

// Detail is an entry's erasable side text, to which the entry commits by
// ledger.DetailDigest. For the admission it is the person's name.
type Detail struct {
	Salt string `json:"salt"`
	Text string `json:"text"`
}

// Bytes is written as base64url without padding and read in that spelling only.
type Bytes []byte

// MarshalText never fails.
func (b Bytes) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, b), nil
}

// UnmarshalText refuses every other spelling of the same bytes.
func (b *Bytes) UnmarshalText(text []byte) error {
	out, err := base64.RawURLEncoding.Strict().AppendDecode(nil, text)
	if err != nil {
		return err
	}
	if base64.RawURLEncoding.EncodeToString(out) != string(text) { // the decoder skips line ends
		return errors.New("not in canonical base64url")
	}
	*b = out
	return nil
}

// Encode writes the receipt as indented JSON. It sets Version and KeyID.
func (r Receipt) Encode() ([]byte, error) {
	r.Version, r.KeyID = ReceiptVersion, Digest(r.PublicKey)
	compact, err := r.compact()
	if err != nil {
		return nil, fmt.Errorf("stepup: encode receipt: %w", err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, compact, "", "  "); err != nil {
		return nil, fmt.Errorf("stepup: encode receipt: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

func (r Receipt) compact() ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false) // "> quoted" stays readable
	if err := e.Encode(r); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

// decodeReceipt accepts what Encode writes, spaces between tokens apart: one
// receipt has one spelling, so nothing can hide in a repeated or unknown field.
func decodeReceipt(data []byte) (Receipt, error) {
	var r Receipt
	if err := json.Unmarshal(data, &r); err != nil {
		return Receipt{}, fmt.Errorf("the file is not a receipt: %w", err)
	}
	if r.Version != ReceiptVersion {
		return Receipt{}, fmt.Errorf("the receipt's version is not %s", ReceiptVersion)
	}
	want, err := r.compact()
	if err != nil {
		return Receipt{}, err
	}
	var got bytes.Buffer
	if err := json.Compact(&got, data); err != nil {
		return Receipt{}, err
	}
	if !bytes.Equal(got.Bytes(), want) {
		return Receipt{}, errors.New("the receipt is not written in its canonical form")
	}
	return r, nil
}
