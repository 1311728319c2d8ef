package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"mime"
	"net/http"
	"path"
	"strings"
)

//go:embed css js img vendor
var files embed.FS

// Prefix is where the assets are mounted.
const Prefix = "/static/"

// Assets are the files as they are sent. The zero value is empty; use New.
type Assets struct {
	byLogical map[string]*asset // "css/app.css"
	byPath    map[string]*asset // "app.<hash>.css"
	byPlain   map[string]*asset // "app.css"
}

type asset struct {
	hashed string // file name with the hash
	kind   string // content type
	etag   string
	body   []byte
	gz     []byte // nil when compressing does not help
}

// New reads, names and compresses the embedded files. It panics only if the binary was built without them.
func New() *Assets {
	a := &Assets{map[string]*asset{}, map[string]*asset{}, map[string]*asset{}}
	font := a.add("codes.woff2", read("vendor/atkinson-hyperlegible-mono-latin-400-normal.woff2"))
	a.add("icons.svg", read("vendor/lucide.svg"))
	a.add("mark.svg", read("img/mark.svg"))
	a.add("css/app.css", bytes.ReplaceAll(read("css/app.css"), []byte("codes.woff2"), []byte(font.hashed)))
	a.add("js/app.js", concat("vendor/htmx.min.js", "vendor/hx-csp.min.js", "vendor/hx-sse.min.js"))
	for _, name := range []string{"js/passkey.js", "js/copy.js", "js/countdown.js", "js/queue.js", "js/draft.js"} {
		a.add(name, read(name))
	}
	return a
}

// URL is the path of an asset by its logical name, "css/app.css". An unknown name gives the plain path, which answers 404.
func (a *Assets) URL(name string) string {
	if f, ok := a.byLogical[name]; ok {
		return Prefix + f.hashed
	}
	return Prefix + path.Base(name)
}

// ServeHTTP answers GET and HEAD below Prefix.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, Prefix)
	f, cache := a.byPath[name], "public, max-age=31536000, immutable"
	if f == nil {
		f, cache = a.byPlain[name], "no-cache"
	}
	if f == nil {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	f.send(w, r, cache)
}

func (f *asset) send(w http.ResponseWriter, r *http.Request, cache string) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", cache)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	h.Set("ETag", f.etag)
	if r.Header.Get("If-None-Match") == f.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.body
	if f.gz != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = f.gz
	}
	if r.Method != http.MethodHead {
		w.Write(body) //nolint:errcheck // the client went away; nothing to undo
	}
}

// add names and compresses one file.
func (a *Assets) add(name string, body []byte) *asset {
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:6])
	base, ext := path.Base(name), path.Ext(name)
	f := &asset{
		hashed: strings.TrimSuffix(base, ext) + "." + hash + ext,
		kind:   contentType(ext),
		etag:   `W/"` + hash + `"`,
		body:   body,
		gz:     shrink(body),
	}
	a.byLogical[name], a.byPath[f.hashed], a.byPlain[base] = f, f, f
	return f
}

func contentType(ext string) string {
	switch ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	}
	return mime.TypeByExtension(ext)
}

// shrink is gzip at its best, or nil when that saves less than a tenth.
func shrink(body []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := w.Write(body); err != nil || w.Close() != nil || out.Len() > len(body)*9/10 {
		return nil
	}
	return out.Bytes()
}

// concat joins scripts; the line with a semicolon keeps one file's last statement from running into the next file.
func concat(names ...string) []byte {
	var out bytes.Buffer
	for _, name := range names {
		out.Write(read(name))
		out.WriteString("\n;\n")
	}
	return out.Bytes()
}

func read(name string) []byte {
	b, err := files.ReadFile(name)
	if err != nil {
		panic("static: not embedded: " + name)
	}
	return b
}
