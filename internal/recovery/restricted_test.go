package recovery

import (
	"strings"
	"testing"
)

// SP 800-63B-4 §3.2.9: a restricted authenticator needs four things written down.
func TestSMSGatewayNeedsFourTexts(t *testing.T) {
	off := "sms-gateway: no"
	texts := map[string]string{"alternative": "a mailed code", "users-told": "on the page where it is typed", "migration": "none after 2027", "risk": "RISK-12"}
	file := func(without string) []byte {
		on := "sms-gateway: yes\n  restricted:"
		for _, key := range []string{"alternative", "users-told", "migration", "risk"} {
			if key != without {
				on += "\n    " + key + ": " + texts[key]
			}
		}
		return []byte(strings.Replace(string(StandardFile), off, on, 1))
	}
	t.Run("all four switch it on, and stand in the deviation", func(t *testing.T) {
		p, faults := ParsePolicy(file(""))
		if len(faults) != 0 || !p.Issued.Gateway {
			t.Fatalf("%v", faults)
		}
		shipped, _ := Builtin()
		found := map[string]string{}
		for _, d := range Deviations(shipped, p) {
			found[d.Path] = d.After
		}
		for key, text := range texts {
			if found["issued-codes.restricted."+key] != text {
				t.Errorf("%s is not in the deviation: %v", key, found)
			}
		}
	})
	for key := range texts {
		t.Run("without "+key+" the file is refused", func(t *testing.T) {
			_, faults := ParsePolicy(file(key))
			if len(faults) != 1 || !strings.Contains(faults[0].Text, "issued-codes.restricted."+key) {
				t.Errorf("%v", faults)
			}
		})
	}
}
