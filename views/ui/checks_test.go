package ui

import (
	"os"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

func one(t *testing.T, doc *goquery.Document, selector string) {
	t.Helper()
	if n := doc.Find(selector).Length(); n != 1 {
		t.Errorf("%s: %d elements, want 1", selector, n)
	}
}

// controlsAreNamed: inputs have a label of their own, buttons and links have words.
func controlsAreNamed(t *testing.T, doc *goquery.Document) {
	doc.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if id == "" || doc.Find(`label[for="`+id+`"]`).Length() != 1 {
			t.Errorf("control %s (id %q) has no label", s.AttrOr("name", ""), id)
		}
	})
	doc.Find("button, a").Each(func(_ int, s *goquery.Selection) {
		if strings.TrimSpace(s.Text()) == "" && s.AttrOr("aria-label", "") == "" {
			html, _ := goquery.OuterHtml(s)
			t.Errorf("no name: %s", html)
		}
	})
	doc.Find("fieldset").Each(func(_ int, s *goquery.Selection) {
		if s.ChildrenFiltered("legend").Length() != 1 {
			t.Error("a fieldset has no legend")
		}
	})
}

func idsHold(t *testing.T, doc *goquery.Document) {
	seen := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if seen[id] || id == "" {
			t.Errorf("id %q twice or empty", id)
		}
		seen[id] = true
	})
	for _, name := range []string{"for", "aria-labelledby", "aria-describedby", "popovertarget"} {
		doc.Find("[" + name + "]").Each(func(_ int, s *goquery.Selection) {
			for _, id := range strings.Fields(s.AttrOr(name, "")) {
				if !seen[id] {
					t.Errorf("%s=%q leads nowhere", name, id)
				}
			}
		})
	}
}

func nothingInline(t *testing.T, doc *goquery.Document) {
	doc.Find("style, [style], script:not([src])").Each(func(_ int, s *goquery.Selection) {
		html, _ := goquery.OuterHtml(s)
		t.Errorf("inline: %s", html)
	})
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, a := range s.Nodes[0].Attr {
			if strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Key, "hx-on") {
				t.Errorf("handler %s on <%s>", a.Key, s.Nodes[0].Data)
			}
		}
	})
}

func iconsExist(t *testing.T, doc *goquery.Document) {
	sprite, err := os.ReadFile("../../static/vendor/lucide.svg")
	if err != nil {
		t.Fatal(err)
	}
	doc.Find("use").Each(func(_ int, s *goquery.Selection) {
		_, name, _ := strings.Cut(s.AttrOr("href", ""), "#")
		if !strings.Contains(string(sprite), `<symbol id="`+name+`"`) {
			t.Errorf("icon %q is not in the sprite", name)
		}
	})
}
