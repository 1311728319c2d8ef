package recovery

import (
	"fmt"
	"strings"
	"testing"
)

// turns are the events as a ticket tells them; one event stands several times
// where its facts decide.
var turns = []struct {
	name  string
	event EventID
	facts Facts
}{
	{"device-loss lost locked", DeviceLoss, Facts{Device: Lost, Lock: Locked}},
	{"device-loss lost locked, mail elsewhere", DeviceLoss, Facts{Device: Lost, Lock: Locked, Mail: Elsewhere}},
	{"device-loss lost unlocked", DeviceLoss, Facts{Device: Lost, Lock: Unlocked}},
	{"device-loss stolen locked", DeviceLoss, Facts{Device: Stolen, Lock: Locked}},
	{"device-replacement", DeviceReplacement, Facts{}},
	{"factor-reset", FactorReset, Facts{}},
	{"account-rebind", AccountRebind, Facts{}},
	{"travel", Travel, Facts{}},
	{"emergency", Emergency, Facts{}},
	{"suspected-takeover phished", SuspectedTakeover, Facts{Taken: Phished, Since: goldenNow - 10*Day}},
	{"suspected-takeover mailbox", SuspectedTakeover, Facts{Taken: MailboxTaken, Since: goldenNow - 10*Day}},
	{"suspected-takeover number", SuspectedTakeover, Facts{Taken: NumberTaken, Since: goldenNow - 10*Day}},
	{"suspected-takeover mailbox, 40 days ago", SuspectedTakeover, Facts{Taken: MailboxTaken, Since: goldenNow - 40*Day}},
	{"first-enrolment", FirstEnrolment, Facts{}},
	{"service-account-fallback", ServiceAccountFallback, Facts{}},
}

const goldenNow = 1000 * Day

// ages of what is on record: days since it was first seen, and by the baseline.
var ages = []struct {
	name           string
	since, settled int64
}{{"0 d", 0, 0}, {"3 d", 3, 0}, {"29 d", 29, 0}, {"30 d", 30, 0}, {"31 d", 31, 0}, {"baseline 3 d", 3, 3}}

// onRecordFor has one channel of each kind, each as old.
func onRecordFor(since, baseline int64) OnRecord {
	at, settled := goldenNow-since*Day, int64(0)
	if baseline > 0 {
		settled = goldenNow - baseline*Day
	}
	return OnRecord{
		Addresses: []Address{{ID: "m", Kind: Mail, Value: "ana@one.example", FirstSeen: at, Baseline: settled},
			{ID: "n", Kind: Phone, Value: "+441632960001", FirstSeen: at, Baseline: settled}},
		Factors: []Factor{{ID: "p", Kind: Password, Name: "Password", Added: at}, {ID: "k", Kind: Passkey, Name: "Key", Added: at, Transports: "usb,nfc"}},
		Sets:    []CodeSet{{ID: "s", Made: at, Confirmed: at, Ends: goldenNow + Day}},
		People:  []Person{{ID: "boss", Name: "The manager"}},
	}
}

// R16: event × population × method × age of the contact, with the reason.
func TestR16_ChannelTruthTable(t *testing.T) {
	p, _ := Builtin()
	p.Issued.Gateway = true // so that the table shows what a message to a number is worth
	var b strings.Builder
	for _, turn := range turns {
		for _, row := range Populations {
			fmt.Fprintf(&b, "## %s, %s\n", turn.name, row)
			for _, m := range Methods {
				fmt.Fprintf(&b, "%-15s", m)
				for _, age := range ages {
					c := Circumstances{Event: turn.event, Population: row, Facts: turn.facts, Age: p.Channels.Age.span(), Now: goldenNow}
					fmt.Fprintf(&b, " | %s: %s", age.name, strings.TrimSpace(fate(Unreachable(m, Channels(p, c, onRecordFor(age.since, age.settled))))))
				}
				b.WriteByte('\n')
			}
		}
	}
	golden(t, "channels.golden", b.String())
}

func fate(blocked string) string {
	if blocked == "" {
		return "usable"
	}
	return strings.TrimSuffix(blocked[strings.LastIndex(blocked, ": ")+1:], ".")
}

func TestR16_Channels(t *testing.T) {
	p, _ := Builtin()
	base := Circumstances{Event: FactorReset, Population: Standard, AccountMail: []string{"corp.example"}, Age: p.Channels.Age.span(), Now: goldenNow}
	old := goldenNow - 400*Day
	mail := func(value string, first int64) Address {
		return Address{ID: value, Kind: Mail, Value: value, FirstSeen: first}
	}
	for _, c := range []struct {
		name  string
		with  func(*Circumstances)
		have  OnRecord
		wants string
	}{
		{"S8: a number changed three days ago says so", nil, OnRecord{Addresses: []Address{{Kind: Phone, Value: "+441632960001", FirstSeen: goldenNow - 3*Day}}}, "changed 3 days ago"},
		{"a mailbox that the account opens proves nothing", nil, OnRecord{Addresses: []Address{mail("ana@corp.example", old)}}, "the account itself opens this mailbox"},
		{"a mailbox whose subdomain is another house's is usable", nil, OnRecord{Addresses: []Address{mail("ana@notcorp.example", old)}}, ""},
		{"the mailbox that the request came from proves nothing", func(c *Circumstances) { c.Source = "mail:ana@one.example" }, OnRecord{Addresses: []Address{mail("Ana@one.example", old)}}, "the request came from this mailbox"},
		{"an inbound call does not strike the number that we ring", func(c *Circumstances) { c.Source = "phone:+441632960001" }, OnRecord{Addresses: []Address{{Kind: Phone, Value: "+441632960001", FirstSeen: old}}}, ""},
		{"S9: a mailbox that somebody else may read", func(c *Circumstances) { c.Facts.Taken = MailboxTaken }, OnRecord{Addresses: []Address{mail("ana@one.example", old)}}, "somebody else may read this mailbox"},
		{"what was first seen in doubtful times, though by baseline", func(c *Circumstances) { c.Facts.Since = goldenNow - 9*Day }, OnRecord{Addresses: []Address{{Kind: Mail, Value: "ana@one.example", FirstSeen: goldenNow - 9*Day, Baseline: goldenNow - 9*Day}}}, "first seen after the time that is in doubt"},
		{"a code set that nobody confirmed", nil, OnRecord{Sets: []CodeSet{{Made: old, Ends: goldenNow + Day}}}, "not confirmed yet"},
		{"a code set that is suspended", nil, OnRecord{Sets: []CodeSet{{Made: old, Confirmed: old, Suspended: old, Ends: goldenNow + Day}}}, "suspended"},
		{"a passkey that may be on the device that is gone", func(c *Circumstances) { c.Facts = Facts{Device: Lost, Lock: Locked} }, OnRecord{Factors: []Factor{{Kind: Passkey, Transports: "internal,hybrid", Added: old}}}, "the device that is gone may hold it"},
		{"a key that is copied to other devices may be on it too", func(c *Circumstances) { c.Facts = Facts{Device: Lost, Lock: Locked} }, OnRecord{Factors: []Factor{{Kind: Passkey, Transports: "usb", BackupEligible: true, Added: old}}}, "the device that is gone may hold it"},
		{"a password that may have been given away", func(c *Circumstances) { c.Facts.Taken = Phished }, OnRecord{Factors: []Factor{{Kind: Password, Added: old}}}, "it may have been given away"},
	} {
		t.Run(c.name, func(t *testing.T) {
			around := base
			if c.with != nil {
				c.with(&around)
			}
			all := Channels(p, around, c.have)
			if len(all) != 1 || all[0].Struck != c.wants {
				t.Errorf("%+v, want struck %q", all, c.wants)
			}
		})
	}
	t.Run("what is no longer on record is no channel", func(t *testing.T) {
		gone := OnRecord{Addresses: []Address{{Kind: Mail, Value: "ana@one.example", Ended: 1}}, Factors: []Factor{{Erased: 1}}, Sets: []CodeSet{{Retired: 1}}}
		if all := Channels(p, base, gone); len(all) != 0 {
			t.Errorf("%+v", all)
		}
	})
	t.Run("addresses are masked", func(t *testing.T) {
		for _, ch := range Channels(p, base, onRecordFor(400, 0)) {
			if strings.Contains(ch.Name, "ana@") || strings.Contains(ch.Name, "632960") {
				t.Errorf("%q is not masked", ch.Name)
			}
		}
	})
	t.Run("messages to numbers need the gateway", func(t *testing.T) {
		if why := Unreachable(BySMSCode, Channels(p, base, onRecordFor(400, 0))); why != "The SMS gateway is off." {
			t.Error(why)
		}
	})
	t.Run("what the directory does not have is named", func(t *testing.T) {
		for m, want := range map[Method]string{ByMailCode: "No mail address is on record.", ByCallBack: "No number is on record.", ByVoucher: "No manager or sponsor is on record who could vouch.", ByPassword: "The account has no password.", ByVideo: ""} {
			if why := Unreachable(m, nil); why != want {
				t.Errorf("%s: %q", m, why)
			}
		}
	})
}
