package ledger

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

const goldenEntry = `{"v":1,"seq":7,"at":1700000000000002,"kind":"ticket.opened","actor":"staff-7","ticket":"t-1","account":"a-2",` +
	`"object":"step-1","data":{"code":"xs","count":"7"},"detail":"e0c5e0b5a3"}`

func TestR50_EntryText(t *testing.T) {
	digest := DetailDigest("s", "Somebody")
	golden := strings.Replace(goldenEntry, "e0c5e0b5a3", digest, 1)
	t.Run("the text is fixed for all time", func(t *testing.T) {
		if got := must[string](t)(entry(7, "s").Encode()); got != golden {
			t.Fatalf("got  %s\nwant %s", got, golden)
		}
	})
	t.Run("the digest is hex SHA-256 of salt and text", func(t *testing.T) {
		if DetailDigest("a", "bc") != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" { // FIPS 180-2, B.1
			t.Fatal(DetailDigest("a", "bc"))
		}
	})
	t.Run("every entry reads back, whatever characters it holds", func(t *testing.T) {
		odd := "\" \\ \b\t\n\f\r \x01\x1f \x7f <&> \u2028 é 😀 \\u0000"
		for _, e := range []Entry{
			entry(0, "s"), {Kind: "k"}, {Seq: 1 << 60, At: 1 << 62, Kind: odd},
			{Kind: "k", Data: map[string]string{odd: odd, "": "", "b": "1", "a": "2"}},
		} {
			text := must[string](t)(e.Encode())
			if got := must[Entry](t)(Decode(text)); !reflect.DeepEqual(got, e) {
				t.Fatalf("%s reads back as %+v", text, got)
			}
		}
	})
	t.Run("an entry that could not be stored is refused", func(t *testing.T) {
		for _, e := range []Entry{
			{}, {Seq: -1, Kind: "k"}, {At: -1, Kind: "k"}, {Kind: "k", Detail: "abc"}, {Kind: "k", Detail: strings.ToUpper(digest)},
			{Kind: "k", Actor: "\xff"}, {Kind: "k", Ticket: "a\x00"}, {Kind: "k", Data: map[string]string{"\x00": ""}},
			{Kind: "k", Data: map[string]string{"a": "\xc3"}}, {Kind: "\xff"}, {Kind: "k", Account: "\x00"}, {Kind: "k", Object: "\x00"},
		} {
			text, err := e.Encode()
			if !errors.Is(err, ErrEntry) || text != "" {
				t.Fatalf("%+v: %q, %v", e, text, err)
			}
		}
	})
	t.Run("any other spelling is refused", func(t *testing.T) {
		for name, text := range map[string]string{
			"nothing":             "",
			"not JSON":            "ticket opened",
			"null":                "null",
			"a space":             strings.Replace(golden, ",", ", ", 1),
			"a line end":          golden + "\n",
			"something behind":    golden + "{}",
			"an unknown field":    strings.Replace(golden, `"object"`, `"colour":"red","object"`, 1),
			"a repeated field":    strings.Replace(golden, `"object"`, `"actor":"staff-7","object"`, 1),
			"fields moved":        strings.Replace(golden, `"v":1,"seq":7`, `"seq":7,"v":1`, 1),
			"keys moved":          strings.Replace(golden, `"code":"xs","count":"7"`, `"count":"7","code":"xs"`, 1),
			"an upper-case field": strings.Replace(golden, `"kind"`, `"Kind"`, 1),
			"an empty field":      strings.Replace(golden, `"a-2"`, `""`, 1),
			"an escape too many":  strings.Replace(golden, "opened", `\u006fpened`, 1),
			"a number as text":    strings.Replace(golden, `"seq":7`, `"seq":"7"`, 1),
			"a number as float":   strings.Replace(golden, `"seq":7`, `"seq":7.0`, 1),
			"no version":          strings.Replace(golden, `"v":1,`, ``, 1),
			"another version":     strings.Replace(golden, `"v":1`, `"v":2`, 1),
			"no kind":             strings.Replace(golden, `"kind":"ticket.opened",`, ``, 1),
			"not UTF-8":           strings.Replace(golden, "opened", "\xff", 1),
		} {
			if e, err := Decode(text); !errors.Is(err, ErrEntry) {
				t.Errorf("%s: %+v, %v", name, e, err)
			}
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(goldenEntry)
	f.Add(strings.Replace(goldenEntry, "e0c5e0b5a3", DetailDigest("s", ""), 1))
	f.Add(`{"v":1,"seq":0,"at":0,"kind":"\u2028"}`)
	f.Add("{\"v\":1,\"seq\":0,\"at\":0,\"kind\":\"\u2028\"}")
	f.Add(`{"v":1,"seq":-1,"at":0,"kind":"k","data":{}}`)
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Decode(text)
		if err != nil {
			return
		}
		if again, err := e.Encode(); err != nil || again != text {
			t.Fatalf("%q reads as %+v, which is written %q, %v", text, e, again, err)
		}
	})
}
