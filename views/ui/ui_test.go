package ui

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"countersign/static"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
)

// render gives a page as text and as a document.
func render(t *testing.T, ctx context.Context, c templ.Component) (string, *goquery.Document) {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(ctx, &b); err != nil {
		t.Fatalf("render: %v", err)
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	return b.String(), doc
}

func staffContext() context.Context {
	return templ.WithNonce(WithAssets(context.Background(), static.New().URL), "n0nce")
}

func TestGallery(t *testing.T) {
	pages := map[string]templ.Component{"staff": staffGallery("Bo Lind"), "public": publicGallery("Bo Lind")}
	for name, page := range pages {
		_, doc := render(t, staffContext(), page)
		t.Run("the "+name+" page has one h1, a language and a skip link that leads to main", func(t *testing.T) {
			one(t, doc, "h1")
			one(t, doc, "html[lang][dir]")
			one(t, doc, `body > a.skip[href="#main"]`)
			one(t, doc, "main#main")
		})
		t.Run("every control of the "+name+" page has a name", func(t *testing.T) { controlsAreNamed(t, doc) })
		t.Run("ids of the "+name+" page are unique and what is referred to exists", func(t *testing.T) { idsHold(t, doc) })
		t.Run("the "+name+" page has no inline style, script or handler", func(t *testing.T) { nothingInline(t, doc) })
		t.Run("every POST form of the "+name+" page carries a request id", func(t *testing.T) {
			doc.Find(`form[method="post"]`).Each(func(_ int, s *goquery.Selection) {
				if s.Find(`input[name="request"]`).Length() != 1 {
					t.Errorf("form %s has no request id", s.AttrOr("action", ""))
				}
			})
		})
		t.Run("every icon of the "+name+" page is in the sprite", func(t *testing.T) { iconsExist(t, doc) })
		t.Run("every time of the "+name+" page is readable by machines", func(t *testing.T) {
			doc.Find("time").Each(func(_ int, s *goquery.Selection) {
				if !strings.HasSuffix(s.AttrOr("datetime", ""), "Z") {
					t.Errorf("time %q has no UTC datetime", s.Text())
				}
			})
		})
	}
}

func TestHostileText(t *testing.T) {
	for name, page := range map[string]templ.Component{"staff": staffGallery(hostile), "public": publicGallery(hostile)} {
		t.Run("hostile text stays text on the "+name+" page", func(t *testing.T) {
			html, doc := render(t, staffContext(), page)
			if strings.Contains(html, "<script>alert") || doc.Find("img, [onerror], script:not([src])").Length() > 0 {
				t.Error("typed markup became markup")
			}
			if !strings.Contains(doc.Find("main").Text(), hostile) {
				t.Error("the typed text is not shown as it was typed")
			}
		})
	}
	t.Run("a script link becomes a harmless one", func(t *testing.T) {
		_, doc := render(t, context.Background(), LinkButton(Plain, "x", "javascript:alert(1)"))
		if href := doc.Find("a").AttrOr("href", ""); strings.HasPrefix(href, "javascript") {
			t.Errorf("href is %q", href)
		}
	})
}

func TestLayouts(t *testing.T) {
	staff, staffDoc := render(t, staffContext(), staffGallery("Bo Lind"))
	_, publicDoc := render(t, WithAssets(context.Background(), static.New().URL), publicGallery("Bo Lind"))
	t.Run("staff pages load htmx with its guard, all scripts with the nonce", func(t *testing.T) {
		one(t, staffDoc, `meta[name="htmx-config"][content*='"hx-csp,sse"']`)
		one(t, staffDoc, `script[src*="/static/app."]`)
		if n := staffDoc.Find(`script:not([nonce="n0nce"])`).Length(); n > 0 {
			t.Errorf("%d scripts without the nonce", n)
		}
		one(t, staffDoc, `[data-live][hx-nonce="n0nce"]`)
	})
	t.Run("every element with an htmx attribute carries a nonce attribute", func(t *testing.T) {
		if strings.Count(staff, " hx-sse:connect=")+strings.Count(staff, " hx-get=") > strings.Count(staff, " hx-nonce=") {
			t.Error("an htmx attribute has no hx-nonce beside it")
		}
	})
	t.Run("public pages have no htmx and no nonce", func(t *testing.T) {
		if n := publicDoc.Find(`script[src*="/app."], [nonce], meta[name="htmx-config"]`).Length(); n > 0 {
			t.Errorf("%d traces of htmx", n)
		}
		one(t, publicDoc, `script[src*="passkey."]`)
	})
	t.Run("the title says error, state, thing and product in that order", func(t *testing.T) {
		if got := publicDoc.Find("title").Text(); got != "Error: Open: Approve a reset · Countersign" {
			t.Errorf("title is %q", got)
		}
	})
	t.Run("the error summary takes the focus and its links lead to fields", func(t *testing.T) {
		one(t, publicDoc, ".summary[autofocus][tabindex]")
		publicDoc.Find(".summary a").Each(func(_ int, s *goquery.Selection) { one(t, publicDoc, s.AttrOr("href", "#none")) })
	})
	t.Run("the current page is marked in the navigation", func(t *testing.T) {
		one(t, staffDoc, `nav[aria-label="Main"] a[href="/queue"][aria-current="page"]`)
	})
	t.Run("a theme is an attribute, and an unknown one is none", func(t *testing.T) {
		p := samplePage()
		p.Theme, p.Dir, p.Lang = "dark", "rtl", "ar"
		_, doc := render(t, context.Background(), PublicPage(p))
		one(t, doc, `html[data-theme="dark"][dir="rtl"][lang="ar"]`)
		p.Theme = "x"
		_, doc = render(t, context.Background(), PublicPage(p))
		one(t, doc, `html:not([data-theme])`)
	})
}

func TestTicketState(t *testing.T) {
	t.Run("every state that a ticket can have has its own word", func(t *testing.T) {
		seen := map[string]bool{}
		for _, id := range strings.Fields("draft proofing held waiting-approval approved executing collecting lapsed review closed denied failed expired withdrawn frozen") {
			_, word := TicketState(id)
			if word == id || seen[word] {
				t.Errorf("state %s has the word %q", id, word)
			}
			seen[word] = true
		}
	})
}

func TestDeadline(t *testing.T) {
	for _, c := range []struct {
		left int64
		want string
		kind Kind
	}{{-1, "over", Stop}, {0, "over", Stop}, {minute / 2, "less than a minute", Warn}, {minute, "1 minute", Warn}, {9*minute + 5, "9 minutes", Warn},
		{90 * minute, "90 minutes", Flat}, {5 * 60 * minute, "5 hours", Flat}, {72 * 60 * minute, "3 days", Flat}} {
		t.Run("a deadline says "+c.want, func(t *testing.T) {
			d := Deadline{At: now + c.left, Now: now}
			if d.left() != c.want || d.kind() != c.kind {
				t.Errorf("%d µs left: %q %q", c.left, d.left(), d.kind())
			}
		})
	}
	t.Run("a deadline on another day names the day", func(t *testing.T) {
		if got := (Deadline{At: now + 24*60*minute, Now: now}).when(); got != "22 Nov 2026, 14:10 UTC" {
			t.Errorf("when is %q", got)
		}
	})
}
