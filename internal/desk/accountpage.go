package desk

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"unicode/utf8"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// accountReaders are the roles that may look at accounts.
var accountReaders = []recovery.Role{recovery.Agent, recovery.Approver, recovery.Reviewer, recovery.Auditor, recovery.Administrator}

const (
	accountsPerPage = 25
	// recentMax bounds tickets and entries on the page of an account.
	recentMax = 15
)

// AccountList is one page of accounts by name. Next is the cursor of the
// following page, "" on the last.
type AccountList struct {
	Accounts []recovery.Account
	Next     string
}

// AccountsPage lists accounts, all or those that fit a search of at least two
// characters. For staff of any role.
func (d *Desk) AccountsPage(ctx context.Context, actor Actor, search, after string) (AccountList, error) {
	staff, err := d.reader(ctx, actor, accountReaders...)
	if err != nil {
		return AccountList{}, d.report(err)
	}
	search = strings.TrimSpace(search)
	if search != "" && len(recovery.SearchWords(search)) == 0 {
		return AccountList{}, errSearch
	}
	f := store.AccountFilter{Search: search, Supplier: staff.Outsourced, Departments: staff.Scope, Limit: accountsPerPage + 1}
	f.AfterName, f.AfterID = readCursor(after)
	all, err := d.view().Accounts(ctx, f)
	if err != nil {
		return AccountList{}, d.report(err)
	}
	out := AccountList{Accounts: all}
	if len(all) > accountsPerPage {
		out.Accounts = all[:accountsPerPage]
		last := out.Accounts[accountsPerPage-1]
		out.Next = base64.RawURLEncoding.EncodeToString([]byte(last.ID + "\n" + last.Name))
	}
	out.Accounts = visible(staff, out.Accounts)
	if search != "" {
		return out, d.searched(ctx, actor, staff, "accounts", search, len(out.Accounts))
	}
	return out, nil
}

// readCursor reads a cursor; anything else is the first page.
func readCursor(text string) (name, id string) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || !utf8.Valid(b) {
		return "", ""
	}
	id, name, _ = strings.Cut(strings.ReplaceAll(string(b), "\x00", ""), "\n")
	return name, id
}

// AddressView is an address as staff and the signed-in holder see it.
type AddressView struct {
	ID                         string
	Kind                       recovery.AddressKind
	Masked                     string
	FirstSeen, Baseline, Ended int64
	Noticed                    bool   // notices still go there
	Struck                     string // why it may carry no proof, "" when it may
}

// HistoryLine is one ledger entry about an account, without its side text.
type HistoryLine struct {
	Seq, At     int64
	Kind, Actor string
}

// AccountView is everything staff may know about an account. No secret and no
// full address is in it (R22).
type AccountView struct {
	Account   recovery.Account
	Policy    recovery.Policy // in force
	Person    recovery.Person // the holder; the owner of a service account
	Manager   recovery.Person // zero when none is on record
	Standing  recovery.Standing
	Namesakes int64
	Addresses []AddressView
	Values    []ValueView
	Factors   []recovery.Factor
	Sets      []recovery.CodeSet
	Tickets   []recovery.Ticket
	History   []HistoryLine
	Enrolled  bool // has or had a way to sign in
	Reports   []recovery.LossReport
}

// AccountPage reads one account. For staff of any role.
func (d *Desk) AccountPage(ctx context.Context, actor Actor, id string) (AccountView, error) {
	staff, err := d.reader(ctx, actor, accountReaders...)
	if err == nil {
		err = inScope(ctx, d.view(), staff, id)
	}
	if err != nil {
		return AccountView{}, d.report(err)
	}
	v, err := d.accountView(ctx, id)
	return v, d.report(err)
}

// accountView reads on one snapshot, so that the page is of one moment.
func (d *Desk) accountView(ctx context.Context, id string) (out AccountView, err error) {
	now := d.now()
	err = d.Store.Snapshot(ctx, func(v store.View) error {
		if out.Account, err = v.Account(ctx, id); err != nil {
			return err
		}
		if err := out.people(ctx, v); err != nil {
			return err
		}
		addresses, err := v.Addresses(ctx, id)
		if err != nil {
			return err
		}
		r, err := d.rules(ctx, v, now)
		if err != nil {
			return err
		}
		out.Policy = r.Policy
		out.Addresses = viewAddresses(addresses, r.Channels, recovery.AtRest(r.Policy, d.Settings.AccountMail, now))
		runs, err := v.AccountValues(ctx, id)
		if err != nil {
			return err
		}
		out.Values = viewValues(out.Account, runs)
		if out.Factors, err = v.Factors(ctx, id); err != nil {
			return err
		}
		out.Standing = out.Account.Standing(out.Factors, now)
		out.Factors = withoutSecrets(out.Factors)
		if out.Enrolled, err = v.EverHadFactor(ctx, id); err != nil {
			return err
		}
		if out.Sets, err = v.CodeSets(ctx, id); err != nil {
			return err
		}
		if out.Tickets, err = v.TicketsOf(ctx, id, recentMax); err != nil {
			return err
		}
		if out.Reports, err = d.standingReports(ctx, v, id, now); err != nil {
			return err
		}
		out.History, err = history(ctx, v, id)
		return err
	})
	return out, err
}

// people reads holder and manager; a manager who is not on record is none.
func (a *AccountView) people(ctx context.Context, v store.View) (err error) {
	if a.Person, err = v.Person(ctx, a.Account.Person); err != nil {
		return err
	}
	if a.Namesakes, err = v.Namesakes(ctx, a.Account); err != nil {
		return err
	}
	a.Manager, err = v.Person(ctx, a.Account.Manager)
	a.Person.Email, a.Manager.Email = "", ""
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

func viewAddresses(all []recovery.Address, rule recovery.ChannelRule, around recovery.Circumstances) []AddressView {
	out := make([]AddressView, len(all))
	for i, a := range all {
		out[i] = AddressView{ID: a.ID, Kind: a.Kind, Masked: recovery.Mask(a), FirstSeen: a.FirstSeen, Baseline: a.Baseline, Ended: a.Ended,
			Noticed: rule.Noticed(a, around.Now), Struck: a.Struck(around)}
	}
	return out
}

// withoutSecrets keeps hashes and key material off every page.
func withoutSecrets(all []recovery.Factor) []recovery.Factor {
	out := make([]recovery.Factor, len(all))
	for i, f := range all {
		f.Secret, f.PublicKey, f.CredentialID = "", "", ""
		out[i] = f
	}
	return out
}

func history(ctx context.Context, v store.View, account string) ([]HistoryLine, error) {
	rows, err := v.LedgerEntries(ctx, store.LedgerFilter{Account: account, Limit: recentMax})
	out := make([]HistoryLine, len(rows))
	for i, r := range rows {
		out[i] = HistoryLine{Seq: r.Entry.Seq, At: r.Entry.At, Kind: r.Entry.Kind, Actor: r.Entry.Actor}
	}
	return out, err
}

// Me is what the holder sees at /me.
type Me struct {
	AccountView
	Live  *recovery.CodeSet // the confirmed set that is not retired
	Fresh bool              // signed in, or touched a passkey, within the last five minutes
}

// MePage reads the signed-in holder's own account.
func (d *Desk) MePage(ctx context.Context, actor Actor) (Me, error) {
	if actor.Kind != Holder {
		return Me{}, errSession
	}
	v, err := d.accountView(ctx, actor.Account)
	if err != nil {
		return Me{}, d.report(err)
	}
	s, err := d.view().Session(ctx, actor.Session)
	if err != nil {
		return Me{}, d.report(err)
	}
	me := Me{AccountView: v, Fresh: d.now()-s.Proved < recovery.StepUpFresh}
	for _, set := range v.Sets {
		if set.Confirmed != 0 && set.Retired == 0 {
			me.Live = &set
		}
	}
	return me, nil
}
