package e2e

import (
	"strings"
	"testing"
)

// TestR18_ANewDevice is the holder with both devices in hand, and a colleague who
// photographs the code.
func TestR18_ANewDevice(t *testing.T) {
	p := startProduct(t, furnished(t))
	old, _ := holder(t, p)
	old.signInAtMe()
	old.begins()

	t.Run("a photographed code shows a number that nobody types", func(t *testing.T) {
		code := old.showsCode()
		thief := &person{tab: newTab(t), p: p}
		thief.opensCode(code)
		next := &person{tab: newTab(t), p: p}
		next.open("/bind")
		next.Fill("Code", code)
		next.Submit("Use it on this device")
		next.WaitText("This code works for nothing")
		next.shots("device-code-used")
		thief.open("/bind/number")
		thief.WaitText("Type this number on the old device")
		old.open("/me/device")
		old.WaitText("A device used your code")
		old.CheckPage()
		old.shots("device-number")
		old.Submit("Cancel it")
		old.WaitURL("/me/device")
		if status := thief.Goto(p.URL + "/recover/enrol"); status == 200 {
			t.Errorf("the thief may go on: %s", thief.Text("main"))
		}
	})

	old.begins()
	code := old.showsCode()
	old.shots("device-code")
	phone := &person{tab: newTab(t), p: p}
	number := phone.opensCode(code)
	phone.shots("device-bound")
	old.open("/me/device")
	old.Fill("Number", number)
	old.Click("button", "This is my new device")
	old.WaitText("Go on with the new device")
	phone.reload("/bind/number", "Set up the new passkey on this device")
	phone.Follow("Set up the new passkey on this device")
	phone.key = phone.AddKey(deviceKey())
	phone.Fill("Name of this passkey", "New phone")
	phone.Click("button", "Register a new passkey")
	phone.WaitText("Your new passkey is registered")
	phone.shots("device-done")
	phone.signInAtMe()
	phone.open("/me")
	phone.WaitText("Suspended")
	phone.shots("device-me")
	p.holdsNone(t, code)
}

// begins opens a binding with the passkey of the old device.
func (who *person) begins() {
	who.t.Helper()
	who.open("/me/device")
	who.CheckPage()
	who.shots("device-begin")
	who.Fill("What is the new device?", "New phone")
	who.Click("button", "Begin with your passkey")
	who.WaitText("Cancel it")
	who.reload("/me/device", "Show the code")
}

// showsCode shows the code on the old device and reads it.
func (who *person) showsCode() string {
	who.t.Helper()
	who.Submit("Show the code")
	who.WaitText("Point the camera")
	who.CheckPage()
	return strings.TrimSpace(who.Text("code.reference"))
}

// opensCode follows the image with a new device and reads its number.
func (who *person) opensCode(code string) string {
	who.t.Helper()
	who.open("/bind/" + strings.ReplaceAll(code, "-", ""))
	who.CheckPage()
	who.shots("device-bind")
	who.Submit("Use it on this device")
	who.WaitText("Type this number on the old device")
	return strings.TrimSpace(who.Text("code.reference"))
}
