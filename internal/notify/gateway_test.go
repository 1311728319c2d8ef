package notify_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"countersign/internal/codes"
	"countersign/internal/notify"
)

func TestGateway(t *testing.T) {
	secret := bytes.Repeat([]byte("s"), codes.CallSecretMin)
	status, seen := http.StatusAccepted, map[string]string{}
	var signed int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		at, err := codes.CheckCall(secret, r.Header.Get(codes.CallHeader), body)
		if err != nil {
			t.Errorf("the call is not signed: %v", err)
		}
		signed = at
		if err := json.Unmarshal(body, &seen); err != nil {
			t.Error(err)
		}
		w.WriteHeader(status)
	}))
	defer server.Close()
	const now = int64(1_767_225_600_000_000)
	g, err := notify.NewGateway(server.URL, secret, func() int64 { return now })
	if err != nil {
		t.Fatal(err)
	}
	m, err := notify.TextMessage(notify.Facts{Code: "12345678", Minutes: 10, Host: "recovery.example.org:8443"})
	if err != nil {
		t.Fatal(err)
	}
	m.To, m.ID = "+441632960001", "job-1"
	t.Run("a message is posted, signed, with its id", func(t *testing.T) {
		if err := g.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if signed != now || seen["id"] != "job-1" || seen["to"] != m.To || seen["text"] != m.Text {
			t.Errorf("signed at %d: %v", signed, seen)
		}
	})
	t.Run("the text binds the code to the host and fits one message", func(t *testing.T) {
		if !strings.HasSuffix(m.Text, "\n\n@recovery.example.org #12345678") || len(m.Text) > 160 {
			t.Errorf("%d characters: %s", len(m.Text), m.Text)
		}
	})
	t.Run("a refusal of the gateway is for good, a failure is not", func(t *testing.T) {
		for code, permanent := range map[int]bool{400: true, 404: true, 408: false, 429: false, 500: false, 503: false, 302: false} {
			status = code
			if err := g.Send(t.Context(), m); err == nil || notify.IsPermanent(err) != permanent {
				t.Errorf("%d: %v", code, err)
			}
		}
	})
	t.Run("only numbers of the directory's form are sent to", func(t *testing.T) {
		for _, to := range []string{"", "01632960001", "+44 1632", "+0123456789", "ana@one.example"} {
			bad := m
			bad.To = to
			if err := g.Send(t.Context(), bad); !notify.IsPermanent(err) {
				t.Errorf("%q: %v", to, err)
			}
		}
	})
	t.Run("a plain connection to another machine and a short secret are refused", func(t *testing.T) {
		for address, key := range map[string][]byte{"http://gateway.example.org": secret, "gateway": secret, "https://gateway.example.org": secret[:31]} {
			if _, err := notify.NewGateway(address, key, nil); err == nil {
				t.Errorf("%s with %d bytes was taken", address, len(key))
			}
		}
	})
	t.Run("mails and texts take their own hops, and no gateway means no delivery", func(t *testing.T) {
		if err := notify.Both(nil, nil).Send(t.Context(), m); !notify.IsPermanent(err) {
			t.Error(err)
		}
		status = http.StatusOK
		if err := notify.Both(nil, g).Send(t.Context(), m); err != nil {
			t.Error(err)
		}
	})
}
