package stepup

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"countersign/internal/ledger"
)

// Status is the outcome of VerifyReceipt.
type Status string

const (
	ValidAndTied Status = "valid-and-tied" // signed, and the log says by whom
	ValidNotTied Status = "valid-not-tied" // signed by this key, whoever's it is
	Invalid      Status = "invalid"
)

// Kinds of the log entries that a receipt rests on, and the names in their Data.
const (
	KindKeyCounted = "staff.key-counted" // Data: person, key
	KindDecided    = "approval.decided"  // Data: statement, decision, key
	// KindProposalDecided has the same Data.
	KindProposalDecided = "proposal.decided"

	DataPerson    = "person"
	DataKey       = "key"       // Digest of the COSE_Key
	DataStatement = "statement" // StatementDigest
	DataDecision  = "decision"
)

// NotTied is the Why of a receipt that was checked without a log key.
const NotTied = "signature valid; key not tied to a person"

// Result is what a receipt proves. When Status is Invalid only Why is set:
// nothing else in the file may be believed.
type Result struct {
	Status     Status
	Statement  string // exact text that was signed
	Decision   string
	Person     string // the approver's id; proven only when tied
	PersonName string // "" when the receipt does not carry it
	Log        string // origin of the log that ties the key
	At         int64  // unix microseconds UTC of the log's entry
	Why        string // one sentence; "" when valid and tied
}

// StatementDigest is hex SHA-256 of a statement, as the log records it.
func StatementDigest(statement string) string {
	sum := sha256.Sum256([]byte(statement))
	return hex.EncodeToString(sum[:])
}

// VerifyReceipt checks a receipt file with nothing but the log's public key.
// Without it, the signature is checked and the result is ValidNotTied at best.
// With it, a receipt without log proofs is Invalid.
func VerifyReceipt(data []byte, logVKey string) Result {
	result, err := verifyReceipt(data, logVKey)
	if err != nil {
		return Result{Status: Invalid, Why: err.Error()}
	}
	return result
}

func verifyReceipt(data []byte, logVKey string) (Result, error) {
	r, err := decodeReceipt(data)
	if err != nil {
		return Result{}, err
	}
	statement, approver, err := r.checkStatement()
	if err != nil {
		return Result{}, err
	}
	if err := r.checkSignature(); err != nil {
		return Result{}, err
	}
	result := Result{Status: ValidNotTied, Statement: r.Statement, Decision: r.Decision, Why: NotTied}
	if logVKey == "" {
		return result, nil
	}
	if err := r.checkLog(logVKey, recordedAs(statement.Label), approver, &result); err != nil {
		return Result{}, err
	}
	result.Status, result.Person, result.Why = ValidAndTied, approver, ""
	return result, nil
}

// checkStatement checks that statement, client data and authenticator data
// belong together, and returns the statement and the approver's id.
func (r Receipt) checkStatement() (s Statement, approver string, err error) {
	if s, err = ParseStatement(r.Statement); err != nil {
		return s, "", err
	}
	rpID, ok1 := s.Value(HeaderRPID)
	decision, ok2 := s.Value(HeaderDecision)
	approver, ok3 := s.Value(HeaderApproverID)
	switch {
	case !ok1 || !ok2 || !ok3:
		return s, "", errors.New("the statement does not name one RP ID, one decision and one approver")
	case decision != r.Decision:
		return s, "", errors.New("the decision is not the statement's")
	case len(r.Nonce) != NonceSize:
		return s, "", fmt.Errorf("the nonce is not %d bytes long", NonceSize)
	}
	if err := r.checkClientData(rpID); err != nil {
		return s, "", err
	}
	return s, approver, r.checkAuthData(rpID)
}

func (r Receipt) checkClientData(rpID string) error {
	var c protocol.CollectedClientData
	if err := json.Unmarshal(r.ClientDataJSON, &c); err != nil {
		return fmt.Errorf("the client data cannot be read: %w", err)
	}
	want := base64.RawURLEncoding.EncodeToString(Challenge(r.Nonce, r.Statement))
	switch {
	case c.Type != protocol.AssertCeremony:
		return errors.New("the client data is not of an assertion")
	case c.Challenge != want:
		return errors.New("the signed challenge is not that of the statement")
	case !originHas(c.Origin, rpID):
		return errors.New("the key was used on a page of another site")
	case c.CrossOrigin || c.TopOrigin != "":
		return errors.New("the key was used in a frame of another site")
	}
	return nil
}

// authDataHead is the length of RP ID hash, flags and counter (WebAuthn §6.1).
const authDataHead = sha256.Size + 1 + 4

func (r Receipt) checkAuthData(rpID string) error {
	hash := sha256.Sum256([]byte(rpID))
	if len(r.AuthenticatorData) < authDataHead || !bytes.Equal(r.AuthenticatorData[:len(hash)], hash[:]) {
		return errors.New("the authenticator data is not for the statement's RP ID")
	}
	flags := protocol.AuthenticatorFlags(r.AuthenticatorData[len(hash)])
	if !flags.HasUserPresent() || !flags.HasUserVerified() {
		return errors.New("the key did not verify its user")
	}
	return nil
}

func (r Receipt) checkSignature() error {
	if r.KeyID != Digest(r.PublicKey) {
		return errors.New("the key id is not that of the public key")
	}
	key, err := webauthncose.ParsePublicKey(r.PublicKey)
	if err != nil {
		return fmt.Errorf("the public key cannot be read: %w", err)
	}
	client := sha256.Sum256(r.ClientDataJSON)
	ok, err := webauthncose.VerifySignature(key, slices.Concat(r.AuthenticatorData, client[:]), r.Signature)
	if err != nil || !ok {
		return errors.New("the signature does not verify")
	}
	return nil
}

// checkLog ties the key to the approver by an entry of the given kind, and fills
// in what the log says.
func (r Receipt) checkLog(vkey, kind, approver string, result *Result) error {
	if r.Log == nil {
		return errors.New("the receipt carries no proofs from the log")
	}
	c, err := ledger.Open(r.Log.Checkpoint, vkey)
	if err != nil {
		return fmt.Errorf("the checkpoint does not verify: %w", err)
	}
	admission, err := r.Log.Admission.check(c, KindKeyCounted)
	if err != nil {
		return fmt.Errorf("admission of the key: %w", err)
	}
	approval, err := r.Log.Approval.check(c, kind)
	if err != nil {
		return fmt.Errorf("record of the decision: %w", err)
	}
	switch {
	case admission.Data[DataPerson] == "" || admission.Data[DataPerson] != approver:
		return errors.New("the log counts the key for another person than the statement names")
	case admission.Data[DataKey] != r.KeyID || approval.Data[DataKey] != r.KeyID:
		return errors.New("the log names another key")
	case approval.Data[DataStatement] != StatementDigest(r.Statement) || approval.Data[DataDecision] != r.Decision:
		return errors.New("the log records another statement or decision")
	case admission.Seq >= approval.Seq:
		return errors.New("the key was counted after the decision only")
	}
	result.Log, result.At = c.Origin, approval.At
	if d := r.Log.Admission.Detail; d != nil {
		result.PersonName = d.Text
	}
	return nil
}

func (i Inclusion) check(c ledger.Checkpoint, kind string) (ledger.Entry, error) {
	proof, err := ledger.ParseHashes(strings.Join(i.Proof, "\n"))
	if err != nil {
		return ledger.Entry{}, err
	}
	if err := ledger.CheckInclusion(proof, c.Size, c.Root, i.Index, i.Body); err != nil {
		return ledger.Entry{}, err
	}
	e, err := ledger.Decode(i.Body)
	switch {
	case err != nil:
		return ledger.Entry{}, err
	case e.Seq != i.Index || e.Kind != kind:
		return ledger.Entry{}, fmt.Errorf("entry %d is not a %s entry", i.Index, kind)
	case i.Detail != nil && ledger.DetailDigest(i.Detail.Salt, i.Detail.Text) != e.Detail:
		return ledger.Entry{}, fmt.Errorf("the name does not belong to entry %d", i.Index)
	}
	return e, nil
}
