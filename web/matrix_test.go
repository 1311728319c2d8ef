package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/labstack/echo/v4"

	"countersign/internal/recovery"
)

const (
	everyone = "stranger holder staff agent approver reviewer auditor administrator"
	anyRole  = "agent approver reviewer auditor administrator"
	anyStaff = "staff agent approver reviewer auditor administrator"
)

// matrix says, for every route there is, whom it lets in; "staff" is somebody
// whose roles do not count. Everybody else gets 401, 403 or the sign-in page.
// Routes that look for their object first answer 404 to any staff here; whose
// object it must be is tested with the act.
var matrix = map[string]string{
	"POST /hooks/identity-check":                  everyone,
	"POST /recover/ticket/backup-code":            everyone,
	"POST /recover/ticket/key":                    everyone,
	"POST /recover/ticket/key/challenge":          everyone,
	"POST /recover/ticket/words":                  everyone,
	"GET /vouch/:token":                           everyone,
	"POST /vouch/:token":                          "holder",
	"POST /vouch/:token/challenge":                "holder",
	"POST /vouch/:token/session":                  everyone,
	"POST /tickets/:ref/assistants":               "agent",
	"GET /":                                       everyone,
	"GET /accounts":                               "agent approver reviewer auditor administrator",
	"GET /accounts/import":                        "administrator",
	"POST /accounts/import":                       "administrator",
	"GET /accounts/:id/change":                    "administrator",
	"POST /accounts/:id/change":                   "administrator",
	"GET /accounts/:id":                           "agent approver reviewer auditor administrator",
	"GET /approvals":                              "approver reviewer auditor administrator",
	"GET /approvals/:id":                          "approver reviewer auditor administrator",
	"GET /approvals/:id/receipt/:signature":       "approver reviewer auditor administrator",
	"GET /audit":                                  "reviewer auditor administrator",
	"GET /audit/:seq":                             "reviewer auditor administrator",
	"GET /invite/:token":                          everyone,
	"GET /login":                                  everyone,
	"GET /me":                                     "holder",
	"GET /me/codes":                               "holder",
	"GET /me/hold":                                "holder",
	"GET /me/login":                               everyone,
	"GET /policy":                                 "agent approver reviewer auditor administrator",
	"GET /policy/rows/:event/:population":         "agent approver reviewer auditor administrator",
	"GET /policy/versions/:version":               "agent approver reviewer auditor administrator",
	"GET /policy/draft":                           "administrator",
	"GET /policy/draft/file":                      "administrator",
	"GET /policy/draft/changes":                   "administrator",
	"GET /workflows":                              "agent approver reviewer auditor administrator",
	"GET /workflows/:id":                          "agent approver reviewer auditor administrator",
	"GET /workflows/:id/draft":                    "administrator",
	"GET /workflows/:id/draft/changes":            "administrator",
	"GET /recover/policy":                         everyone,
	"GET /proposals":                              "agent approver reviewer auditor administrator",
	"GET /proposals/:id":                          "agent approver reviewer auditor administrator",
	"GET /proposals/:id/receipt/:signature":       "agent approver reviewer auditor administrator",
	"GET /queue":                                  "agent approver reviewer auditor",
	"GET /queue/views":                            "agent approver reviewer auditor",
	"GET /recover":                                everyone,
	"GET /recover/code":                           everyone,
	"GET /recover/mail":                           everyone,
	"POST /recover/mail":                          everyone,
	"GET /recover/mail/code":                      everyone,
	"POST /recover/mail/code":                     everyone,
	"GET /recover/desk":                           everyone,
	"GET /recover/enrol":                          everyone,
	"GET /recover/instructions":                   everyone,
	"GET /recover/password":                       everyone,
	"GET /recover/ticket":                         everyone,
	"GET /recover/ticket/withdrawal":              everyone,
	"GET /report":                                 everyone,
	"GET /me/report":                              "holder",
	"POST /report":                                everyone,
	"POST /me/report":                             "",
	"POST /me/report/challenge":                   "holder",
	"POST /me/lift":                               "",
	"POST /accounts/:id/report":                   "agent",
	"GET /reviews":                                "agent reviewer auditor",
	"GET /staff":                                  "agent approver reviewer auditor administrator",
	"GET /staff/:person":                          "agent approver reviewer auditor administrator",
	"GET /static/*":                               everyone,
	"GET /stop":                                   everyone,
	"GET /stop/:token":                            everyone,
	"GET /tickets/:ref":                           "agent approver reviewer auditor",
	"GET /tickets/:ref/claim":                     "agent approver reviewer auditor",
	"GET /tickets/:ref/failure":                   "agent approver reviewer auditor",
	"GET /tickets/:ref/handover":                  "agent",
	"GET /tickets/:ref/hold":                      "agent approver reviewer auditor",
	"GET /tickets/:ref/lease":                     "agent approver reviewer auditor",
	"GET /tickets/:ref/letters/:id":               "agent reviewer",
	"GET /tickets/:ref/withdrawal":                "agent approver reviewer auditor",
	"GET /tickets/new":                            anyStaff,
	"POST /approvals/:id":                         anyStaff,
	"POST /approvals/:id/challenge":               anyStaff,
	"POST /break-glass/:id":                       anyStaff,
	"POST /break-glass/:id/challenge":             "auditor",
	"POST /invite/:token":                         everyone,
	"POST /invite/:token/challenge":               everyone,
	"POST /login":                                 everyone,
	"POST /login/challenge":                       everyone,
	"POST /logout":                                anyStaff,
	"POST /me/codes":                              "",
	"POST /me/codes/:set/custody":                 "",
	"POST /me/codes/:set/handling":                "",
	"POST /me/codes/challenge":                    "holder",
	"POST /me/hold":                               "",
	"POST /me/hold/code":                          "",
	"POST /me/login":                              everyone,
	"POST /me/login/challenge":                    everyone,
	"POST /me/logout":                             "holder",
	"POST /me/session":                            "holder",
	"POST /policy/draft":                          "administrator",
	"POST /policy/draft/start":                    "administrator",
	"POST /policy/draft/file":                     "administrator",
	"POST /policy/proposal":                       "administrator",
	"POST /workflows/:id/draft":                   "administrator",
	"POST /workflows/:id/proposal":                "administrator",
	"POST /proposals/:id":                         anyStaff,
	"POST /proposals/:id/challenge":               anyStaff,
	"POST /proposals/:id/withdrawal":              "agent approver reviewer auditor administrator",
	"POST /queue/views":                           "agent approver reviewer auditor",
	"POST /queue/views/:id":                       "agent approver reviewer auditor",
	"POST /queue/views/:id/removal":               "agent approver reviewer auditor",
	"POST /recover/code":                          everyone,
	"POST /recover/enrol":                         "",
	"POST /recover/enrol/challenge":               "",
	"POST /recover/enrol/session":                 everyone,
	"POST /recover/password":                      everyone,
	"POST /recover/ticket":                        everyone,
	"POST /recover/ticket/code":                   everyone,
	"POST /recover/ticket/fresh":                  everyone,
	"POST /recover/ticket/opening":                everyone,
	"POST /recover/ticket/continuation":           everyone,
	"POST /recover/ticket/return":                 everyone,
	"POST /recover/ticket/back":                   everyone,
	"GET /tickets/:ref/parking":                   "agent approver reviewer auditor",
	"POST /tickets/:ref/parking":                  "agent",
	"POST /recover/ticket/password":               everyone,
	"POST /recover/ticket/withdrawal":             everyone,
	"POST /session":                               anyStaff,
	"POST /staff":                                 "administrator",
	"POST /staff/:person/end":                     "administrator",
	"POST /staff/:person/keys":                    anyStaff,
	"POST /staff/:person/keys/:key/challenge":     "agent approver reviewer auditor administrator",
	"POST /staff/:person/keys/:key/confirmation":  "agent approver reviewer auditor administrator",
	"POST /staff/:person/keys/challenge":          anyStaff,
	"POST /staff/:person/proof":                   anyStaff,
	"POST /staff/:person/proof/challenge":         anyStaff,
	"POST /staff/:person/roles":                   "administrator",
	"POST /staff/:person/roles/:role/end":         "administrator",
	"POST /stop":                                  everyone,
	"GET /verify-us":                              everyone,
	"POST /verify-us":                             everyone,
	"POST /staff/roster":                          "administrator",
	"POST /stop/:token":                           everyone,
	"POST /tickets":                               "agent",
	"POST /tickets/:ref/approval":                 "agent",
	"POST /tickets/:ref/approval/withdrawal":      "agent",
	"POST /tickets/:ref/claim":                    "agent",
	"POST /tickets/:ref/closing":                  anyStaff,
	"POST /tickets/:ref/failure":                  "agent",
	"POST /tickets/:ref/draft":                    "agent approver reviewer",
	"POST /tickets/:ref/handover":                 "agent",
	"POST /tickets/:ref/hold":                     "agent",
	"POST /tickets/:ref/lease":                    "agent",
	"POST /tickets/:ref/letters/:id":              "agent reviewer",
	"POST /tickets/:ref/notes":                    "agent approver reviewer",
	"POST /tickets/:ref/pressure":                 "agent",
	"POST /tickets/:ref/resumption":               "agent",
	"POST /tickets/:ref/review":                   "reviewer",
	"POST /tickets/:ref/signals":                  "agent",
	"POST /staff/:person/training":                "administrator",
	"POST /tickets/:ref/steps/:step/not-possible": "agent",
	"POST /tickets/:ref/steps/:step":              "agent",
	"POST /tickets/:ref/withdrawal":               "agent",
	"POST /tickets/new":                           "agent",
	"GET /incidents":                              anyRole,
	"GET /threat":                                 anyRole,
	"GET /bind":                                   everyone,
	"GET /bind/:code":                             everyone,
	"GET /bind/number":                            "",
	"POST /bind":                                  everyone,
	"GET /me/device":                              "holder",
	"POST /me/device":                             "",
	"POST /me/device/code":                        "",
	"POST /me/device/number":                      "",
	"POST /me/device/cancellation":                "",
	"GET /me/travel":                              "holder",
	"POST /me/travel":                             "",
	"POST /me/travel/:id/cancellation":            "",
	"POST /incidents":                             "administrator",
	"POST /incidents/:id/closing":                 "administrator",
	"POST /threat":                                anyStaff,
	"POST /threat/challenge":                      anyStaff,
	"POST /threat/extension":                      anyRole,
	"POST /threat/passes/revocation":              anyRole,
	"POST /threat/passes/:ref/revocation":         anyRole,

	// The rota, suppliers' groups and lost keys.
	"GET /staff/groups":                            "auditor administrator",
	"GET /staff/rota":                              "approver reviewer auditor administrator",
	"POST /staff/groups":                           "administrator",
	"POST /staff/groups/:group/house":              "administrator",
	"POST /staff/rota":                             "administrator",
	"POST /staff/rota/:shift/end":                  "administrator",
	"POST /staff/rota/duty":                        "approver",
	"POST /staff/:person/keys/:key/loss":           "agent approver reviewer auditor administrator",
	"POST /staff/:person/keys/:key/loss/challenge": "agent approver reviewer auditor administrator",
	"POST /staff/:person/keys/:key/recoveries/end": "agent approver reviewer auditor administrator",
}

// T2: a route without a row fails, and so does a row that lets in one more.
func TestR15_PermissionMatrix(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	who := matrixPeople(s)
	seen := map[string]bool{}
	for _, r := range s.web.Routes() {
		key := r.Method + " " + r.Path
		if r.Method == echo.RouteNotFound || key == "GET /events" { // a stream; headers_test.go asks it
			continue
		}
		seen[key] = true
		want, ok := matrix[key]
		if !ok {
			t.Errorf("%s has no row in the matrix", key)
			continue
		}
		var in []string
		for _, name := range matrixNames {
			if !deniedRoute(matrixAsk(who[name](), r.Method, matrixPath(r.Path))) {
				in = append(in, name)
			}
		}
		if got := strings.Join(in, " "); got != want {
			t.Errorf("%s lets in %q, want %q", key, got, want)
		}
	}
	for key := range matrix {
		if !seen[key] {
			t.Errorf("%s has a row and no route", key)
		}
	}
}

var matrixNames = []string{"stranger", "holder", "staff", "agent", "approver", "reviewer", "auditor", "administrator"}

func matrixPeople(s *site) map[string]func() *browser {
	s.Account("acc")
	none := s.Staff("m-none")
	s.Staff("m-target", recovery.Agent)
	who := map[string]func() *browser{"stranger": s.stranger, "holder": func() *browser { return s.holder("acc") }, "staff": func() *browser { return s.staff(none) }}
	for _, r := range recovery.Roles {
		a := s.Staff("m-"+string(r), r)
		who[string(r)] = func() *browser { return s.staff(a) }
	}
	return who
}

func matrixPath(p string) string {
	return strings.NewReplacer(":ref", "K7QP-2M9X", ":id", "acc", ":person", "m-target", ":key", "k", ":role", "agent", ":seq", "0", ":token", strings.Repeat("0", 26),
		":step", "video", ":signature", "x", ":set", "x").Replace(p)
}

func matrixAsk(b *browser, method, path string) *http.Response {
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

func deniedRoute(res *http.Response) bool {
	to := res.Header.Get("Location")
	return res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden || res.StatusCode == http.StatusSeeOther && (to == "/login" || to == "/me/login")
}

// Nobody is shown a way that ends at a refusal.
func TestNavigationLeadsWhereOneMayGo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	who := matrixPeople(s)
	for _, role := range recovery.Roles {
		b := who[string(role)]()
		links := page(t, b.get("/staff")).Find("nav[aria-label=Main] a")
		if links.Length() < 2 {
			t.Errorf("%s is shown %d links", role, links.Length())
		}
		links.Each(func(_ int, a *goquery.Selection) {
			if to, _ := a.Attr("href"); deniedRoute(matrixAsk(b, http.MethodGet, to)) {
				t.Errorf("%s is led to %s and refused there", role, to)
			}
		})
	}
}
