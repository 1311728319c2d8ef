package ui

import (
	"context"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// Product is the name in every title and in the top bar.
const Product = "Countersign"

// Page is what both layouts need to know. Leave out what a page does not have.
type Page struct {
	Title   string // the thing: "Reset for Bo Lind"
	State   string // its state, first in the window title: "Waiting for approval"; "" leaves it out
	Heading string // the h1 when it differs from Title
	Lead    string // one sentence below the h1
	Lang    string // "en" when empty
	Dir     string // "ltr" when empty
	Theme   string // "light", "dark"; "" follows the system
	Ribbons []Ribbon

	User    *User     // signed-in person; nil on public pages
	Nav     []NavItem // StaffNav(current) on staff pages
	SignOut string    // POST path of the sign-out form; "" shows none
	Stay    string    // POST path of "Stay signed in"; "" shows no time-out banner. Scripts want {"ends": ISO, "now": ISO} from it, forms a 303
	Ends    int64     // when the session ends if nothing happens, microseconds UTC; 0 shows nothing

	Instance    string // what the installation calls itself
	Version     string
	Environment string // "demo", "test", "production"
	HelpLine    string // how to reach the help desk, in the footer of public pages

	Scripts   []string // logical names: "js/passkey.js"; the layouts add their own
	Live      string   // path of the server-sent events; staff pages only
	RequestID string   // for the forms of the layout itself (sign-out, stay, demo clock)
	Errors    []FieldError
	Flash     *Flash
	Now       int64          // microseconds UTC
	Zone      *time.Location // the reader's; nil is UTC
	Asset     func(string) string
}

// User is the person signed in.
type User struct {
	Name  string
	Roles []string
}

// NavItem is one entry of the main navigation.
type NavItem struct {
	Label   string
	Href    string
	Count   string // "12", "1,000+"; "" shows none
	Current bool
}

// FieldError ties a message to the input it is about. Field "" is about the whole form.
type FieldError struct{ Field, Message string }

// Flash is one message about what has just happened; it is part of the page and announced.
type Flash struct {
	Kind Kind
	Text string
}

// StaffNav is the navigation of staff pages; the entry whose path begins current is marked.
func StaffNav(current string) []NavItem {
	nav := []NavItem{
		{Label: "Queue", Href: "/queue"}, {Label: "New ticket", Href: "/tickets/new"},
		{Label: "Approvals", Href: "/approvals"}, {Label: "Reviews", Href: "/reviews"},
		{Label: "Accounts", Href: "/accounts"}, {Label: "Staff", Href: "/staff"}, {Label: "Policy", Href: "/policy"}, {Label: "Proposals", Href: "/proposals"}, {Label: "Incidents", Href: "/incidents"}, {Label: "Threat", Href: "/threat"}, {Label: "Audit", Href: "/audit"},
	}
	for i := range nav {
		nav[i].Current = current == nav[i].Href || strings.HasPrefix(current, nav[i].Href+"/")
	}
	return nav
}

// windowTitle front-loads what changed: "Error: Waiting: Reset for Bo Lind · Countersign".
func (p Page) windowTitle() string {
	var b strings.Builder
	if len(p.Errors) > 0 {
		b.WriteString("Error: ")
	}
	if p.State != "" {
		b.WriteString(p.State + ": ")
	}
	return b.String() + p.Title + " · " + Product
}

func (p Page) heading() string { return or(p.Heading, p.Title) }

// footer is instance, version and environment, what is known of them.
func (p Page) footer() []string {
	var parts []string
	for _, s := range []string{p.Instance, Product + " " + p.Version, p.Environment} {
		if s = strings.TrimSpace(s); s != "" && s != Product {
			parts = append(parts, s)
		}
	}
	return parts
}

// ErrorFor is the message of a field in errs, "" when it has none.
func ErrorFor(errs []FieldError, field string) string {
	for _, e := range errs {
		if e.Field == field {
			return e.Message
		}
	}
	return ""
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

type assetKey struct{}

// WithAssets puts the namer of static files into ctx. The layouts do it from Page.Asset; middleware may do it for fragments.
func WithAssets(ctx context.Context, url func(string) string) context.Context {
	if url == nil {
		return ctx
	}
	return context.WithValue(ctx, assetKey{}, url)
}

// asset is the path of a static file; without a namer in ctx the plain name, which is served uncached.
func asset(ctx context.Context, name string) string {
	if url, ok := ctx.Value(assetKey{}).(func(string) string); ok {
		return url(name)
	}
	return "/static/" + name[strings.LastIndex(name, "/")+1:]
}

// HX builds htmx attributes with the page's nonce beside them, without which hx-csp strips them:
//
//	<tbody { ui.HX(ctx, "hx-get", "/queue/rows", "hx-swap", "outerMorph")... }>
//
// Never use hx-on, "js:" values or [filters] in hx-trigger: they compile code, which the policy refuses.
func HX(ctx context.Context, pairs ...string) templ.Attributes {
	attrs := templ.Attributes{"hx-nonce": templ.GetNonce(ctx)}
	for i := 0; i+1 < len(pairs); i += 2 {
		attrs[pairs[i]] = pairs[i+1]
	}
	return attrs
}

// htmxConfig: extension names as they register (the SSE one is "sse"); no style element of its own; no history refetch.
const htmxConfig = `{"extensions":"hx-csp,sse","includeIndicatorCSS":false}`

// noncedScript is the nonce attribute of a script, absent on public pages (script-src 'self').
func noncedScript(ctx context.Context) templ.Attributes {
	if n := templ.GetNonce(ctx); n != "" {
		return templ.Attributes{"nonce": n}
	}
	return nil
}
