package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// What is no text reaches no database: PostgreSQL fails on it (500), SQLite keeps it.
func TestFormsTakeTextOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Account("ana")
	set := s.Codes("ana")
	for name, account := range map[string]string{"NUL": "ana\x00", "broken UTF-8": "ana\xff"} {
		t.Run(name+" in a name is refused and spends nothing", func(t *testing.T) {
			res := s.stranger().code(account, set[0].String())
			expect(t, res, http.StatusUnprocessableEntity)
			if text := page(t, res).Find("main").Text(); !strings.Contains(text, "no text") {
				t.Errorf("the page says %q", text)
			}
		})
	}
	t.Run("so it is in an address", func(t *testing.T) {
		for _, path := range []string{"/stop/a%00b", "/recover/code?device=%00", "/me/codes/%ff/custody"} {
			expect(t, s.holder("ana").do(httptest.NewRequest(http.MethodGet, path, nil)), http.StatusUnprocessableEntity)
		}
	})
	t.Run("what a mail program hangs on a link does no harm", func(t *testing.T) {
		for _, path := range []string{"/recover?a=%zz", "/recover?x;y"} {
			expect(t, s.stranger().get(path), http.StatusOK)
			expect(t, s.stranger().post(path), http.StatusUnprocessableEntity)
		}
	})
	t.Run("in the parts of a multipart form too", func(t *testing.T) {
		body := "--x\r\nContent-Disposition: form-data; name=\"account\"\r\n\r\nana\x00\r\n--x--\r\n"
		r := httptest.NewRequest(http.MethodPost, "/recover/code", strings.NewReader(body))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		expect(t, s.stranger().do(r), http.StatusUnprocessableEntity)
	})
	t.Run("a form that is too large is told so, however it is sent", func(t *testing.T) {
		r := httptest.NewRequest(http.MethodPost, "/recover/code", io.MultiReader(strings.NewReader("account="+strings.Repeat("a", 70_000))))
		r.ContentLength = -1
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		expect(t, s.stranger().do(r), http.StatusRequestEntityTooLarge)
	})
	t.Run("a secret in an address is not taken and not shown", func(t *testing.T) {
		query := "/recover/code?device=lost&lock=locked&account=ana&code=" + set[0].String()
		expect(t, s.stranger().post(query), http.StatusUnprocessableEntity)
		res := s.stranger().get(query)
		if html, err := page(t, res).Html(); err != nil || strings.Contains(html, set[0].String()) {
			t.Errorf("the page repeats the code, %v", err)
		}
	})
	t.Run("the code was not spent", func(t *testing.T) {
		expect(t, s.stranger().code("ana", set[0].String()), http.StatusSeeOther)
	})
}
