package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestVendored(t *testing.T) {
	list, err := os.ReadFile("vendor/VENDOR.json")
	if err != nil {
		t.Fatal(err)
	}
	var parts []struct{ File, Name, Version, Sha256, Licence, LicenceFile, Source string }
	if err := json.Unmarshal(list, &parts); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"VENDOR.json": true}
	for _, p := range parts {
		known[p.File], known[p.LicenceFile] = true, true
		t.Run(p.Name+" is the file that was taken, with its licence", func(t *testing.T) {
			body, err := os.ReadFile(filepath.Join("vendor", p.File))
			if err != nil {
				t.Fatal(err)
			}
			if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != p.Sha256 {
				t.Errorf("%s has another hash than VENDOR.json says", p.File)
			}
			if licence, err := os.ReadFile(filepath.Join("vendor", p.LicenceFile)); err != nil || len(licence) < 200 {
				t.Errorf("licence %s: %d bytes, %v", p.LicenceFile, len(licence), err)
			}
			if p.Version == "" || p.Licence == "" || p.Source == "" {
				t.Error("version, licence or source is missing")
			}
		})
	}
	t.Run("nothing lies in vendor that VENDOR.json does not name", func(t *testing.T) {
		entries, err := os.ReadDir("vendor")
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !known[e.Name()] {
				t.Errorf("%s is not listed", e.Name())
			}
		}
	})
}

// TestWeight holds the budget of ui.md §2.4, measured in gzip: own CSS 9 KB, scripts of public pages 5 KB, all of a staff page's scripts 32 KB.
func TestWeight(t *testing.T) {
	a := New()
	for _, c := range []struct {
		what  string
		limit int
		names []string
	}{
		{"the style sheet", 9 << 10, []string{"css/app.css"}},
		{"the scripts of an approval page", 5 << 10, []string{"js/passkey.js", "js/countdown.js"}},
		{"the scripts of a page of codes", 3 << 10, []string{"js/copy.js"}},
		{"the scripts of a staff page", 32 << 10, []string{"js/app.js", "js/countdown.js", "js/queue.js", "js/draft.js"}},
		{"the icons", 6 << 10, []string{"icons.svg"}},
		{"the font", 11 << 10, []string{"codes.woff2"}},
	} {
		t.Run(c.what+" keep to their bytes", func(t *testing.T) {
			sum := 0
			for _, name := range c.names {
				sum += sent(a.byLogical[name])
			}
			if sum == 0 || sum > c.limit {
				t.Errorf("%d bytes, limit %d", sum, c.limit)
			}
		})
	}
}

// sent is how many bytes of an asset travel.
func sent(f *asset) int {
	if f.gz != nil {
		return len(f.gz)
	}
	return len(f.body)
}

func TestOwnScripts(t *testing.T) {
	scripts, err := filepath.Glob("js/*.js")
	if err != nil || len(scripts) != 5 {
		t.Fatalf("scripts: %v %v", scripts, err)
	}
	sink := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|setTimeout\(['"]|\.style\b|createContextualFragment|srcdoc|DOMParser`)
	for _, name := range scripts {
		t.Run(name+" writes text only, as trusted-types 'none' demands", func(t *testing.T) {
			body, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if found := sink.Find(body); found != nil {
				t.Errorf("uses %s", found)
			}
		})
	}
}

func TestStyleSheet(t *testing.T) {
	css := string(read("css/app.css"))
	t.Run("directions are logical, so right-to-left pages mirror", func(t *testing.T) {
		if found := regexp.MustCompile(`(margin|padding|border)-(left|right|top|bottom)|[ ;{](left|right|top|bottom|width|height|min-width|max-width|min-height):|text-align: (left|right)`).FindString(css); found != "" {
			t.Errorf("physical property %q", found)
		}
	})
	t.Run("the layers are those of the design language, in order", func(t *testing.T) {
		if !strings.Contains(css, "@layer reset, base, layout, parts, util, print;") {
			t.Error("layer order is missing")
		}
	})
	t.Run("forced colours, reduced motion and print have their rules", func(t *testing.T) {
		for _, want := range []string{"forced-colors: active", "prefers-reduced-motion: reduce", "@media print", "[data-theme=dark]", "[data-theme=light]"} {
			if !strings.Contains(css, want) {
				t.Errorf("%s is missing", want)
			}
		}
	})
}

func TestServe(t *testing.T) {
	a := New()
	get := func(path string, header ...string) *http.Response {
		r := httptest.NewRequest("GET", path, nil)
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		return w.Result()
	}
	css := a.URL("css/app.css")
	t.Run("a hashed name is cached for ever", func(t *testing.T) {
		r := get(css)
		if r.StatusCode != 200 || !strings.Contains(r.Header.Get("Cache-Control"), "immutable") || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/css") {
			t.Errorf("%d %v", r.StatusCode, r.Header)
		}
	})
	t.Run("a plain name is asked for again each time", func(t *testing.T) {
		if r := get("/static/icons.svg"); r.StatusCode != 200 || r.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%d %v", r.StatusCode, r.Header)
		}
	})
	t.Run("the compressed body is the same text", func(t *testing.T) {
		plain, _ := io.ReadAll(get(css).Body)
		r := get(css, "Accept-Encoding", "gzip, br")
		z, err := gzip.NewReader(r.Body)
		if err != nil || r.Header.Get("Content-Encoding") != "gzip" {
			t.Fatalf("%v %v", err, r.Header)
		}
		if unpacked, _ := io.ReadAll(z); !bytes.Equal(plain, unpacked) || len(plain) == 0 {
			t.Error("bodies differ")
		}
	})
	t.Run("a known ETag is answered with 304", func(t *testing.T) {
		if r := get(css, "If-None-Match", get(css).Header.Get("ETag")); r.StatusCode != 304 {
			t.Error(r.StatusCode)
		}
	})
	t.Run("an old hash, a vendor file and a path outside are not found", func(t *testing.T) {
		for _, path := range []string{"/static/app.000000000000.css", "/static/vendor/VENDOR.json", "/static/../assets.go", "/static/"} {
			if r := get(path); r.StatusCode != 404 {
				t.Errorf("%s answers %d", path, r.StatusCode)
			}
		}
	})
	t.Run("the style sheet names the font by its hash", func(t *testing.T) {
		body, _ := io.ReadAll(get(css).Body)
		if name := strings.TrimPrefix(a.URL("codes.woff2"), Prefix); !strings.Contains(string(body), name) {
			t.Errorf("%s is not in the sheet", name)
		}
	})
	t.Run("other methods are refused", func(t *testing.T) {
		w := httptest.NewRecorder()
		a.ServeHTTP(w, httptest.NewRequest("POST", css, nil))
		if w.Code != 405 {
			t.Error(w.Code)
		}
	})
	t.Run("htmx, its guard and its event stream are one file, in this order", func(t *testing.T) {
		body, _ := io.ReadAll(get(a.URL("js/app.js")).Body)
		at := bytes.Index(body, []byte(`registerExtension("hx-csp"`))
		if sse := bytes.Index(body, []byte(`registerExtension("sse"`)); at < 0 || sse < at {
			t.Errorf("hx-csp at %d, sse at %d", at, sse)
		}
	})
}
