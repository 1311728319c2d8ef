// Package ledger is the arithmetic of the audit log: an RFC 6962 Merkle tree
// whose leaves are the entries' texts, with signed C2SP checkpoints (R50).
//
// An [Entry] is encoded once; that text is what is stored and what is hashed.
// To append entry n, [Append] gives the hashes to store from [StoredIndex](n)
// on; [Root] gives the new head. After each commit group a [Signer] signs a
// [Checkpoint], and [AppendForm] of it is added to an append-only file. Whoever
// keeps a copy of one line of that file can later prove, without this server,
// that nothing before it was changed, cut or restored away: [Verify] streams
// the whole log against the checkpoints, [CheckConsistency] and
// [CheckInclusion] do it with a few hashes.
//
// What is personal never enters a leaf: names, addresses and free text live in
// a side row that can be erased, and the leaf holds [DetailDigest] of it.
//
// The tree is golang.org/x/mod/sumdb/tlog's and the notes are
// golang.org/x/mod/sumdb/note's (Ed25519), so every proof and checkpoint can be
// checked by other RFC 6962 and C2SP tools. The package does no I/O, reads no
// clock and keeps no state.
package ledger
