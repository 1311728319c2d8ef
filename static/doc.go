// Package static holds what the pages load: one style sheet, a few small scripts, the vendored parts and their licences.
//
// Everything is embedded in the binary. New reads the files once, names each by the hash of its content
// ("css/app.css" becomes "/static/app.3f9c2a1b07d4.css") and compresses it. A page asks URL for the name:
//
//	assets := static.New()
//	assets.URL("css/app.css")   // "/static/app.<hash>.css"
//	mux.Handle("GET /static/", assets)
//
// A hashed name is answered with a year of immutable caching. The plain name ("/static/icons.svg") works too, uncached:
// fragments that are rendered without a layout use it.
//
// Names: css/app.css; js/app.js (htmx 4 with its hx-csp and sse extensions, in one file on purpose: as separate files
// htmx may start before hx-csp registers, and then nothing is gated); js/passkey.js, js/copy.js, js/countdown.js,
// js/queue.js (small, ours); icons.svg (Lucide subset); codes.woff2 (Atkinson Hyperlegible Mono, codes only).
//
// Our scripts use no library, write text only (no HTML sinks), and run under
//
//	script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'; font-src 'self'; img-src 'self'; style-src 'self'; connect-src 'self'
//
// Staff pages, which load js/app.js, need script-src 'nonce-…' and trusted-types htmx instead.
package static
