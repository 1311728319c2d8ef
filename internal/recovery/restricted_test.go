package recovery

import (
	"strings"
	"testing"
)

// SP 800-63B-4 §3.2.9: a restricted authenticator needs four things written down.
func TestSMSGatewayNeedsFourTexts(t *testing.T) {
	texts := map[string]string{"alternative": "a mailed code", "told": "on the page where it is typed", "plan": "none after 2027", "risk": "RISK-12"}
	file := func(without string) []byte {
		record := "deviations:\n  issued-codes.sms-gateway:\n    owner: policy owner\n    rationale: callers without mail\n    until: 2027-12-31\n"
		for _, key := range []string{"alternative", "told", "plan", "risk"} {
			if key != without {
				record += "    " + key + ": " + texts[key] + "\n"
			}
		}
		return []byte(strings.NewReplacer("sms-gateway: no", "sms-gateway: yes", "deviations:\n", record).Replace(string(StandardFile)))
	}
	t.Run("all four switch it on, and stand in the deviation", func(t *testing.T) {
		p, faults := ParsePolicy(file(""))
		if len(faults) != 0 || !p.Issued.Gateway {
			t.Fatalf("%v", faults)
		}
		d := p.Deviations[smsGateway]
		if d.Alternative != texts["alternative"] || d.Told != texts["told"] || d.Plan != texts["plan"] || d.Risk != texts["risk"] {
			t.Errorf("%+v", d)
		}
	})
	for key := range texts {
		t.Run("without "+key+" the file is refused", func(t *testing.T) {
			_, faults := ParsePolicy(file(key))
			if len(faults) != 1 || !strings.Contains(faults[0].Text, "§3.2.9") {
				t.Errorf("%v", faults)
			}
		})
	}
	t.Run("without a deviation the file is refused", func(t *testing.T) {
		_, faults := ParsePolicy([]byte(strings.Replace(string(StandardFile), "sms-gateway: no", "sms-gateway: yes", 1)))
		if len(faults) != 1 || !strings.Contains(faults[0].Text, smsGateway) {
			t.Errorf("%v", faults)
		}
	})
}
