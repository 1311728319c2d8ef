// Package stepup runs WebAuthn ceremonies (W3C WebAuthn Level 3) for staff and
// holders, decides which staff keys are admitted, and makes and checks receipts
// of approvals.
//
// A ceremony has a beginning and an end:
//
//	options, session, err := rp.BeginAssertion(creds, handle, challenge)
//	// send options to the browser, keep session on the server
//	assertion, err := rp.FinishAssertion(session, creds, handle, response)
//
// Three duties stay with the caller, because they need the database:
//   - keep session on the server and delete it, committed, before calling a
//     Finish function. The library below accepts the same answer twice.
//   - look at the caller's own expiry. The ceremony's time-out of 5 minutes is
//     also enforced here, by the machine's clock.
//   - store Assertion.SignCount in the transaction that acts on the assertion,
//     and suspend a key that was refused with CounterRegression.
//
// User verification is always required and checked again after the library.
// Every refusal is an *Error whose Reason is one of the constants of this
// package: stable, distinct, fit for an audit record.
//
// Receipts are described at Receipt, the text that an approver signs at
// Statement.
package stepup
