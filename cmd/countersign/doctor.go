package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"countersign/internal/desk"
	"countersign/internal/notify"
	"countersign/internal/recovery"
	"countersign/internal/store"
	"countersign/migrations"
)

type doctorCmd struct{}

// finding is one thing doctor has to say about a setting or a check.
type finding struct {
	blocks bool // serve does not start, or cannot work
	text   string
}

// Run lists every setting with its value, where it came from and what is
// wrong, then looks at the data. Exit code 1 when something blocks serve.
func (doctorCmd) Run(a *app) error {
	wrong := examine(a.settings)
	blocked := false
	fmt.Fprintln(a.out, "Settings")
	for _, f := range a.sources.flags {
		found := wrong[f.Name]
		fmt.Fprintf(a.out, "  %-5s %s = %s (%s)\n", mark(found), f.Name, shown(f), a.sources.from(f.Name))
		blocked = say(a, found) || blocked
	}
	fmt.Fprintln(a.out, "Checks")
	for _, c := range checks(a) {
		fmt.Fprintf(a.out, "  %-5s %s\n", mark(c.found), c.name)
		blocked = say(a, c.found) || blocked
	}
	if blocked {
		return exitError(exitNo)
	}
	return nil
}

func mark(found []finding) string {
	word := "ok"
	for _, f := range found {
		if f.blocks {
			return "wrong"
		}
		word = "note"
	}
	return word
}

func say(a *app, found []finding) (blocked bool) {
	for _, f := range found {
		fmt.Fprintf(a.out, "        %s\n", f.text)
		blocked = blocked || f.blocks
	}
	return blocked
}

// shown is a setting's value; a secret one is never printed.
func shown(f *kong.Flag) string {
	text := fmt.Sprint(f.Target.Interface())
	if list, ok := f.Target.Interface().([]string); ok {
		text = strings.Join(list, ",")
	}
	switch {
	case text == "":
		return "(none)"
	case secret(f):
		return "(set, not shown)"
	}
	return text
}

// examine says what is wrong with each setting by itself, by name.
func examine(s settings) map[string][]finding {
	out := map[string][]finding{}
	bad := func(name, text string) { out[name] = append(out[name], finding{true, text}) }
	note := func(name, text string) { out[name] = append(out[name], finding{false, text}) }
	if s.Data == "" {
		bad("data", "Say where keys, checkpoints and database live: --data DIR.")
	}
	if s.DeskPlace == "" {
		bad("desk-place", "Every refusal names where people can go in person. Set the place, such as \"Room 12, main building\".")
	}
	if s.DeskHours == "" {
		bad("desk-hours", "Set when that desk is staffed, such as \"Mon–Fri 9–17\".")
	}
	if s.BaseURL == "" {
		bad("base-url", "Set how browsers reach the pages, such as https://recovery.example.org. Its host is the RP ID of all security keys and cannot change later.")
	} else if u, err := parseBase(s.BaseURL); err != nil {
		bad("base-url", err.Error())
	} else {
		note("base-url", "RP ID of all security keys: "+u.Hostname())
	}
	if _, err := prefixes(s.TrustedProxies); err != nil {
		bad("trusted-proxies", err.Error())
	}
	examineListeners(s, bad, note)
	examineMail(s, bad, note)
	examineServices(s, bad, note)
	examineKeys(s, bad, note)
	return out
}

func examineListeners(s settings, bad, note func(name, text string)) {
	for name, addr := range map[string]string{"listen": s.Listen, "ops-listen": s.OpsListen} {
		if name == "ops-listen" && addr == "" {
			note(name, "serve takes "+opsDefault+".")
			continue
		}
		if name == "ops-listen" && addr == "off" {
			continue
		}
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			bad(name, err.Error())
		} else if !loopback(host) {
			note(name, "Other machines reach this listener; only a TLS-terminating proxy or your monitoring should.")
		}
	}
}

func examineMail(s settings, bad, note func(name, text string)) {
	if s.SMTPAddr == "" {
		bad("smtp-addr", "Set the mail server, HOST:PORT. Nothing is carried out before the holder could be told by mail.")
	}
	if s.SMTPFrom == "" {
		bad("smtp-from", "Set the sender of all mails, such as \"Recovery desk <recovery@example.org>\".")
	}
	if s.SMTPAddr != "" && s.SMTPFrom != "" {
		if _, err := newSender(s); err != nil {
			bad("smtp-addr", err.Error())
		}
	}
	if len(s.AccountMailDomains) == 0 {
		note("account-mail-domains", "If an account opens its own mailbox, name the domain here: such a mailbox proves nothing.")
	}
}

// examineServices looks at what is off unless it is set: SMS gateway and external
// identity check. Each needs address and secret.
func examineServices(s settings, bad, note func(name, text string)) {
	for _, x := range []struct{ name, address, secret, on string }{
		{"sms-url", s.SMSURL, s.SMSSecret, "Text messages are restricted (SP 800-63B-4 §3.2.9): they go out only where policy switches them on."},
		{"identity-check-url", s.IdentityCheckURL, s.IdentityCheckSecret, "The service reports to /hooks/identity-check; check that it can reach that address."},
	} {
		if x.address == "" && x.secret == "" {
			continue
		}
		if err := notify.CheckService(x.address, []byte(x.secret)); err != nil {
			bad(x.name, err.Error()+".")
			continue
		}
		note(x.name, x.on)
	}
}

func examineKeys(s settings, bad, note func(name, text string)) {
	policy, err := admission(s, false)
	switch {
	case err != nil:
		bad("attestation-roots", err.Error())
	case policy.Roots == nil && !policy.Unverified:
		note("attestation-roots", "No approver key can be admitted. Give the FIDO MDS blob or the makers' root certificates (PEM); "+
			"--attestation=unverified admits keys unchecked, which is audited and shown on every approval.")
	case policy.Unverified:
		note("attestation", "Staff keys that cannot be checked are admitted; each approval says so.")
	}
}

// blocking lists what keeps serve from starting.
func blocking(s settings) (out []string) {
	found := examine(s)
	for _, name := range []string{"data", "base-url", "desk-place", "desk-hours", "smtp-addr", "smtp-from", "listen", "ops-listen", "trusted-proxies", "attestation-roots", "sms-url", "identity-check-url"} {
		for _, f := range found[name] {
			if f.blocks {
				out = append(out, name+": "+f.text)
			}
		}
	}
	return out
}

type check struct {
	name  string
	found []finding
}

// checks look at the machine and the data. They only read.
func checks(a *app) []check {
	out := []check{{"mail server", checkMail(a.settings)}}
	if a.settings.Data == "" {
		return out
	}
	keys, fresh := checkKeys(a.settings.Data)
	out = append(out, check{"keys", keys})
	if fresh && a.settings.DSN != "" {
		out = append(out, check{"database", checkReach(a)})
	}
	if fresh {
		return append(out, check{"data", []finding{{false, "Nothing is there yet; `countersign serve` makes keys and database, then `countersign staff invite` the first administrators."}}})
	}
	s, err := openLog(a)
	if err != nil {
		return append(out, check{"database", []finding{{true, err.Error()}}})
	}
	defer s.Close()
	return append(out, check{"database", checkSchema(a, s)}, check{"ledger", checkLedger(a, s)}, check{"founding", checkFounding(a, s)})
}

// checkMail asks the mail server for nothing but an open port.
func checkMail(s settings) []finding {
	if s.SMTPAddr == "" {
		return []finding{{true, "No mail server is set."}}
	}
	conn, err := net.DialTimeout("tcp", s.SMTPAddr, 3*time.Second)
	if err != nil {
		return []finding{{false, fmt.Sprintf("It does not answer now: %v. Mails stay queued until it does.", err)}}
	}
	conn.Close()
	return nil
}

func checkKeys(dir string) (found []finding, fresh bool) {
	if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o022 != 0 {
		found = append(found, finding{true, fmt.Sprintf("%s can be changed by others (mode %04o); run: chmod go-w %s", dir, info.Mode().Perm(), dir)})
	}
	missing, err := missingKeys(dir)
	switch {
	case err != nil:
		return append(found, finding{true, err.Error()}), false
	case len(missing) == len(secretKeys):
		_, db := os.Stat(filepath.Join(dir, "countersign.db"))
		if errors.Is(db, fs.ErrNotExist) {
			return found, true
		}
	}
	if len(missing) > 0 {
		return append(found, finding{true, "Missing: " + strings.Join(missing, ", ") + ". Put them back from your backup of the keys."}), false
	}
	if _, err := loadKeys(dir); err != nil {
		found = append(found, finding{true, err.Error()})
	}
	return found, false
}

// checkReach only connects: a new database has no schema to look at.
func checkReach(a *app) []finding {
	s, err := openLog(a)
	if err != nil {
		return []finding{{true, err.Error()}}
	}
	s.Close()
	return nil
}

func checkSchema(a *app, s *store.Store) []finding {
	have, err := s.View().SchemaVersion(a)
	switch want := migrations.Newest(); {
	case err != nil:
		return []finding{{true, err.Error()}}
	case have < want:
		return []finding{{false, fmt.Sprintf("The schema is version %d of %d; `countersign migrate` or the next start of serve brings it up to date.", have, want)}}
	case have > want:
		return []finding{{true, fmt.Sprintf("The schema is version %d, made by a newer program; this one knows %d.", have, want)}}
	}
	return nil
}

// checkLedger compares the head with the checkpoints, without reading the log.
func checkLedger(a *app, s *store.Store) []finding {
	k, err := loadKeys(a.settings.Data)
	if err != nil {
		return nil // said above
	}
	head, err := s.View().LedgerHead(a)
	if err != nil {
		return []finding{{true, err.Error()}}
	}
	h := &house{dir: a.settings.Data, store: s, empty: head.Size == 0}
	if h.newest, err = newestCheckpoint(h.dir, k.signer); err != nil {
		return []finding{{true, err.Error()}}
	}
	if err := h.notOlder(a); err != nil {
		return []finding{{true, err.Error()}}
	}
	return []finding{{false, fmt.Sprintf("%d entries; the newest checkpoint is of size %d. `countersign ledger verify` reads them all.", head.Size, max(h.newest.Size, 0))}}
}

// checkFounding says whether real tickets can run.
func checkFounding(ctx context.Context, s *store.Store) []finding {
	d := desk.New(desk.Config{Store: s})
	h, err := d.House(ctx)
	if err != nil {
		return []finding{{true, err.Error()}}
	}
	found := []finding{{false, "Founding signed."}}
	if f := h.Founding; !f.Founded {
		found = []finding{{false, "Founding not signed. No real ticket runs until everybody on the founding roster has signed it."}}
		if len(f.Missing) > 0 {
			found = append(found, finding{false, "The roster lacks people or keys; counting now: " + strings.Join(f.Missing, ", ") + "."})
		}
		if f.Roster != nil {
			found = append(found, finding{false, fmt.Sprintf("The roster waits: %d of %d have signed.", len(f.Signed), f.Roster.Needed)})
		}
	}
	var roles []string
	for _, r := range recovery.Roles {
		roles = append(roles, fmt.Sprintf("%s %d", r, h.Counting[r]))
	}
	return append(found, finding{false, "People whose role counts: " + strings.Join(roles, ", ") + "."})
}
