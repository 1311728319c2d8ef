package e2e

import (
	"strings"
	"testing"

	"countersign/internal/desk/desktest"
)

// TestR37_SelfService is the journey without the help desk: one backup code and
// the password, then a new passkey and new codes. On PostgreSQL make torture walks
// it: make test has the assisted journey there, and the acts of this one in
// package desk.
func TestR37_SelfService(t *testing.T) {
	onSQLite(t, selfService)
	if desktest.Torture() {
		onPostgres(t, selfService)
	}
}

func selfService(t *testing.T, p *product) {
	who, account := holder(t, p)
	who.signInAtMe()
	codes := who.takesCodes()
	who.key.Lose()

	who.presentsCode(account, codes[0])
	who.Fill("Password", password)
	who.Submit("Continue")
	who.reload("/recover/enrol", "Go on to the new passkey")
	who.Submit("Go on to the new passkey")
	who.registersAgain()
	who.signInAtMe()
	who.WaitURL("/me/codes?after=recovery")
	who.shots("codes-offer")

	t.Run("the old set is dead", func(t *testing.T) {
		stranger := &person{tab: newTab(t), p: p}
		stranger.presentsCode(account, codes[1])
		stranger.WaitText("That did not work")
		stranger.shots("code-refused")
	})
	t.Run("the new set is shown once and lives", func(t *testing.T) {
		fresh := who.takesCodes()
		for _, old := range codes {
			if strings.Contains(strings.Join(fresh, " "), old) {
				t.Errorf("an old code is in the new set")
			}
		}
		who.open("/me")
		who.WaitText("5 of 5")
	})
	t.Run("no secret is written down", func(t *testing.T) { p.holdsNone(t, append(codes, password)...) })
	t.Run("the holder was told at both addresses", func(t *testing.T) {
		for _, subject := range []string{"A backup code of your account was used", "was recovered"} {
			if n := who.mails(p, account, subject); n != 2 {
				t.Errorf("%d mails say %q", n, subject)
			}
		}
		who.shots("mail")
	})
}

// presentsCode walks from the start page to the answer to a backup code.
func (who *person) presentsCode(account, code string) {
	who.t.Helper()
	who.open("/recover")
	who.Follow("I have backup codes")
	who.shots("recover-facts")
	who.Click("radio", "Lost or broken")
	who.Click("radio", "Locked with a PIN, fingerprint or face")
	who.Submit("Continue")
	who.shots("recover-code")
	who.Fill("Account name", account)
	who.Fill("Backup code", code)
	who.Submit("Continue")
}

// registersAgain makes a passkey on a new device in the recovery session.
func (who *person) registersAgain() {
	who.t.Helper()
	who.key = who.AddKey(deviceKey())
	who.Fill("Name of this passkey", "New phone")
	who.Click("button", "Register a new passkey")
	who.WaitText("Sign in")
	who.shots("recovered")
}

// mails counts the messages about an account with words in the subject.
func (who *person) mails(p *product, account, subject string) int {
	who.t.Helper()
	who.open("/demo/mail")
	return eval[int](who.tab, `[...document.querySelectorAll("article.mail")].filter(e =>
		e.querySelector("h2").innerText.includes(`+quoted(subject)+`) && e.innerText.includes(`+quoted(account)+`)).length`)
}
