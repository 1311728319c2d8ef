package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"countersign/internal/recovery"
)

const valueColumns = `account, field, value, first_seen, since, baseline, ended FROM account_values`

func scanValue(s scanner) (recovery.ValueRun, error) {
	var r recovery.ValueRun
	err := s.Scan(&r.Account, &r.Field, &r.Text, &r.FirstSeen, &r.Since, &r.Baseline, &r.Ended)
	return r, err
}

// AccountValues lists the values of an account that ever changed, newest first.
func (v View) AccountValues(ctx context.Context, account string) ([]recovery.ValueRun, error) {
	return list(ctx, v, "list an account's values", scanValue, `SELECT `+valueColumns+` WHERE account = $1 ORDER BY since DESC, field, value`, account)
}

// AccountValuesIn reads those of the named accounts.
func (v View) AccountValuesIn(ctx context.Context, accounts []string) ([]recovery.ValueRun, error) {
	return listIn(ctx, v, "read accounts' values", scanValue, `SELECT `+valueColumns+` WHERE account IN `, accounts)
}

// SaveAccountValues writes how long values are on record. When one was first
// seen is written once.
func (t *Tx) SaveAccountValues(ctx context.Context, all []recovery.ValueRun) error {
	rows := make([][]any, len(all))
	for i, r := range all {
		rows[i] = []any{r.Account, r.Field, r.Text, r.FirstSeen, r.Since, r.Baseline, r.Ended}
	}
	return t.insertMany(ctx, "save accounts' values", `INSERT INTO account_values (account, field, value, first_seen, since, baseline, ended) VALUES `,
		` ON CONFLICT (account, field, value) DO UPDATE SET since = excluded.since, baseline = excluded.baseline, ended = excluded.ended`, rows)
}

// DelayAddresses takes time off the age of the addresses that are on record,
// because their account had ended for so long.
func (t *Tx) DelayAddresses(ctx context.Context, account string, by int64) error {
	_, err := t.exec(ctx, "delay addresses", `
		UPDATE addresses SET earlier = CASE WHEN earlier = 0 THEN first_seen ELSE earlier END, first_seen = first_seen + $2
		WHERE account = $1 AND ended = 0`, account, by)
	return err
}

// AlikeIDs lists ids of accounts and persons that are one of ids (lower case)
// but for their case.
func (v View) AlikeIDs(ctx context.Context, ids []string) ([]string, error) {
	accounts, err := listIn(ctx, v, "look for alike accounts", one[string], `SELECT id FROM accounts WHERE lower(id) IN `, ids)
	if err != nil {
		return nil, err
	}
	persons, err := listIn(ctx, v, "look for alike persons", one[string], `SELECT id FROM persons WHERE lower(id) IN `, ids)
	return append(accounts, persons...), err
}

// Named is an account and the name that eyes read.
type Named struct{ ID, Folded string }

// NamesakesIn lists live accounts with one of the folded names.
func (v View) NamesakesIn(ctx context.Context, folded []string) ([]Named, error) {
	return listIn(ctx, v, "look for namesakes", func(s scanner) (n Named, err error) { return n, s.Scan(&n.ID, &n.Folded) },
		`SELECT id, folded FROM accounts WHERE ended = 0 AND folded IN `, folded)
}

// KeepAccountsFile keeps a file that waits for a second key, and forgets those
// whose proposals are over by now.
func (t *Tx) KeepAccountsFile(ctx context.Context, digest, text string) error {
	if _, err := t.exec(ctx, "forget old accounts files", `DELETE FROM accounts_files WHERE made < $1`, t.now-recovery.ProposalWait-recovery.ProposalSlack); err != nil {
		return err
	}
	return t.insert(ctx, "keep an accounts file", `INSERT INTO accounts_files (digest, text, made) VALUES ($1, $2, $3)
		ON CONFLICT (digest) DO UPDATE SET made = $3`, digest, text, t.now)
}

// AccountsFile reads a file that waits.
func (v View) AccountsFile(ctx context.Context, digest string) (string, error) {
	return get(ctx, v, "read an accounts file", one[string], `SELECT text FROM accounts_files WHERE digest = $1`, digest)
}

// DirectoryDigest is the SHA-256 over everything the directory says about the
// accounts in use, and how many there are.
func (v View) DirectoryDigest(ctx context.Context) (int, string, error) {
	accounts, err := list(ctx, v, "read all accounts", scanAccount, `SELECT `+accountColumns+` WHERE a.ended = 0 ORDER BY a.id`)
	if err != nil {
		return 0, "", err
	}
	addresses, err := list(ctx, v, "read all addresses", scanAddress, `SELECT `+addressColumns+` WHERE ended = 0 ORDER BY account, kind, value`)
	if err != nil {
		return 0, "", err
	}
	h := sha256.New()
	for _, a := range accounts {
		fmt.Fprintf(h, "%q %q\n", a.ID, a.Values())
	}
	for _, a := range addresses {
		fmt.Fprintf(h, "%q %s %q\n", a.Account, a.Kind, a.Value)
	}
	return len(accounts), hex.EncodeToString(h.Sum(nil)), nil
}

// SignBaseline lets everything on record count as unchanged from now on.
func (t *Tx) SignBaseline(ctx context.Context) error {
	for _, query := range []string{`UPDATE accounts SET baseline = $1 WHERE baseline = 0 AND ended = 0`,
		`UPDATE addresses SET baseline = $1 WHERE baseline = 0 AND ended = 0`,
		`UPDATE account_values SET baseline = $1 WHERE baseline = 0 AND ended = 0`} {
		if _, err := t.exec(ctx, "sign the baseline", query, t.now); err != nil {
			return err
		}
	}
	return nil
}
