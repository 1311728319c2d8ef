package recovery_test

import (
	"testing"

	"countersign/internal/recovery"
)

func TestPrefix(t *testing.T) {
	for ip, want := range map[string]string{
		"192.0.2.77": "192.0.2.0/24", "::ffff:192.0.2.77": "192.0.2.0/24", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"fe80::1%eth0": "fe80::/64", "": "none", "garbage": "none",
	} {
		if got := recovery.Prefix(ip); got != want {
			t.Errorf("Prefix(%q) = %s, want %s", ip, got, want)
		}
	}
}

func TestAccountName(t *testing.T) {
	for _, typed := range []string{"ana", " ana ", "a\u200bna", "ａｎａ", "a\u00adna"} {
		if got := recovery.AccountName(typed); got != "ana" {
			t.Errorf("AccountName(%q) = %q", typed, got)
		}
	}
}

func TestDelayGrowsToAnHour(t *testing.T) {
	policy, _ := recovery.Builtin()
	last := int64(-1)
	for n := range int64(40) {
		d := recovery.Delay(policy.Throttles, n)
		if d < last || d > recovery.Hour || (n < 3) != (d == 0) {
			t.Errorf("Delay(%d) = %d", n, d)
		}
		last = d
	}
	if last != recovery.Hour {
		t.Errorf("Delay ends at %d", last)
	}
}
