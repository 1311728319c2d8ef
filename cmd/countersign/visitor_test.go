package main

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"countersign/internal/desk"
	"countersign/internal/softkey"
)

// visitor is a person with a browser and a security key at a running server.
type visitor struct {
	t    *testing.T
	base string
	key  *softkey.Key
	http *http.Client
}

func (p *program) visitor() *visitor {
	p.t.Helper()
	key, err := softkey.New(rand.Reader, softkey.Defaults())
	if err != nil {
		p.t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(p.pages)
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &visitor{t: p.t, base: "http://localhost:" + port, key: key, http: &http.Client{Jar: jar, CheckRedirect: stay}}
}

// answered is an answer with its body read.
type answered struct {
	code int
	to   string // Location
	body string
}

func (v *visitor) do(r *http.Request) answered {
	v.t.Helper()
	res, err := v.http.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return answered{res.StatusCode, res.Header.Get("Location"), string(body)}
}

func (v *visitor) get(path string) answered {
	v.t.Helper()
	r, err := http.NewRequest(http.MethodGet, v.base+path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.do(r)
}

// post sends a form of name, value pairs as a page of the server would.
func (v *visitor) post(path string, pairs ...string) answered {
	v.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequest(http.MethodPost, v.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return v.do(r)
}

// touch asks for a challenge, lets the key answer it and sends the answer.
func (v *visitor) touch(begin, action string, sign func(options []byte, origin string) ([]byte, error), pairs ...string) answered {
	v.t.Helper()
	asked := v.post(begin, pairs...)
	if asked.code != http.StatusOK {
		return asked
	}
	var t desk.Touch
	if err := json.Unmarshal([]byte(asked.body), &t); err != nil {
		v.t.Fatal(err)
	}
	response, err := sign(t.Options, v.base)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.post(action, append(pairs, "challenge", t.ID, "response", string(response))...)
}

// register spends an invitation and answers the new key's fingerprint.
func (v *visitor) register(link string) string {
	v.t.Helper()
	path := strings.TrimPrefix(link, v.base)
	got := v.touch(path+"/challenge", path, v.key.Create, "name", "Key")
	if got.code != http.StatusOK {
		v.t.Fatalf("register: %d %s", got.code, got.body)
	}
	return strings.TrimSpace(v.page(got).Find("code.reference").First().Text())
}

// signIn answers the page that it leads to.
func (v *visitor) signIn() string {
	v.t.Helper()
	got := v.touch("/login/challenge", "/login", v.key.Get)
	if got.code != http.StatusSeeOther {
		v.t.Fatalf("sign in: %d %s", got.code, got.body)
	}
	return got.to
}

// confirm signs the statement about another person's key.
func (v *visitor) confirm(person string) answered {
	v.t.Helper()
	form := v.page(v.get("/staff/" + person)).Find(`form[action$="/confirmation"]`)
	begin, _ := form.Attr("data-begin")
	action, _ := form.Attr("action")
	if action == "" {
		return answered{code: http.StatusNotFound}
	}
	return v.touch(begin, action, v.key.Get)
}

func (v *visitor) page(a answered) *goquery.Document {
	v.t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(a.body))
	if err != nil {
		v.t.Fatal(err)
	}
	return doc
}

// linkMailed waits for the next link mailed to an address.
func (p *program) linkMailed(to string) string {
	p.t.Helper()
	for {
		select {
		case m := <-p.mails:
			if found := linkInMail.FindString(m.Text); found != "" && m.To == to {
				return found
			}
		case code := <-p.ended:
			p.t.Fatalf("no link was mailed to %s; the server ended with %d", to, code)
		}
	}
}
