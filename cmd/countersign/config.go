package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/alecthomas/kong"
)

// settings are what an installation decides. Every one can be given as a flag,
// as COUNTERSIGN_NAME, or as a key of the file; the secret ones also by a file
// of their own: COUNTERSIGN_NAME_FILE, or the key name-file.
type settings struct {
	Data      string `placeholder:"DIR" help:"Directory of keys, checkpoints and the SQLite database."`
	DSN       string `name:"dsn" secret:"" placeholder:"URL" help:"PostgreSQL instead of SQLite."`
	Listen    string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where pages are served."`
	OpsListen string `placeholder:"HOST:PORT" help:"Where /livez, /readyz and /metrics are served (serve: 127.0.0.1:8081 unless set, \"off\" for none)."`
	BaseURL   string `name:"base-url" placeholder:"URL" help:"How browsers reach the pages; https unless loopback. Its host is the WebAuthn RP ID."`
	Instance  string `default:"Countersign" help:"What this installation calls itself."`
	DeskPlace string `placeholder:"TEXT" help:"Where people go in person when no other path is open (required by serve)."`
	DeskHours string `placeholder:"TEXT" help:"When that desk is staffed (required by serve)."`
	DeskPhone string `placeholder:"TEXT" help:"Number of that desk."`
	LogLevel  string `enum:"debug,info,warn,error" default:"info" help:"One of ${enum}."`

	AccountMailDomains []string `placeholder:"DOMAIN" help:"Domains whose mailboxes the accounts themselves open: they get notices and carry no proof."`
	TrustedProxies     []string `placeholder:"CIDR" help:"Proxies whose X-Forwarded-For is believed."`
	AttestationRoots   string   `placeholder:"FILE" help:"FIDO MDS blob or PEM certificates that staff keys are checked against."`
	KeyModels          []string `placeholder:"AAGUID" help:"The only models of staff key that are admitted; without it every attested model is."`
	Attestation        string   `enum:"verified,unverified" default:"verified" help:"\"unverified\" admits staff keys that cannot be checked; it is audited and shown on every approval."`

	SMTPAddr     string `name:"smtp-addr" placeholder:"HOST:PORT" help:"Mail server (required by serve)."`
	SMTPUser     string `name:"smtp-user" help:"Name at the mail server."`
	SMTPPassword string `name:"smtp-password" secret:"" help:"Password at the mail server; better as COUNTERSIGN_SMTP_PASSWORD_FILE."`
	SMTPFrom     string `name:"smtp-from" placeholder:"ADDRESS" help:"Sender of all mails (required by serve)."`
	SMTPTLS      string `name:"smtp-tls" enum:"starttls,tls,none" default:"starttls" help:"One of ${enum}; none only on loopback."`

	SMSURL    string `name:"sms-url" placeholder:"URL" help:"SMS gateway: text messages are posted here, signed. Policy must switch them on as well."`
	SMSSecret string `name:"sms-secret" secret:"" help:"Signs what goes to the SMS gateway, 32 characters or more; better as COUNTERSIGN_SMS_SECRET_FILE."`

	IdentityCheckURL    string `name:"identity-check-url" placeholder:"URL" help:"External identity check: where holders go. Its results come to /hooks/identity-check, signed."`
	IdentityCheckSecret string `name:"identity-check-secret" secret:"" help:"Signs the results of the identity check, 32 characters or more; better as COUNTERSIGN_IDENTITY_CHECK_SECRET_FILE."`
}

const envPrefix = "COUNTERSIGN_"

// sources finds settings outside of the command line and remembers where each
// value came from.
type sources struct {
	env    map[string]string // by variable name
	file   map[string]string // by key
	path   string            // of the file
	flags  []*kong.Flag      // every setting
	origin map[string]string // by flag name; absent: default
}

func newSources(environ []string) *sources {
	s := &sources{env: map[string]string{}, file: map[string]string{}, origin: map[string]string{}}
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		if strings.HasPrefix(name, envPrefix) && value != "" { // empty counts as not set
			s.env[name] = value
		}
	}
	return s
}

// BeforeResolve reads the file and refuses every key and variable that is no
// setting, before any of them is used.
func (c *cli) BeforeResolve(ctx *kong.Context) error {
	s := c.sources
	for _, f := range ctx.Model.Flags {
		if f.Group != nil && f.Group.Key == "Settings" {
			s.flags = append(s.flags, f)
		}
		if f.Name == "config" {
			s.path, _ = ctx.FlagValue(f).(string)
		}
	}
	if s.path == "" {
		s.path = s.env[envPrefix+"CONFIG"]
	}
	if err := s.load(); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	ctx.AddResolver(s)
	return nil
}

// load reads the file of settings, TOML unless its name ends in .json.
func (s *sources) load() error {
	if s.path == "" {
		return nil
	}
	raw, err := os.ReadFile(s.path)
	if err != nil {
		return fmt.Errorf("read the settings: %w", err)
	}
	var values map[string]any
	if filepath.Ext(s.path) == ".json" {
		err = json.Unmarshal(raw, &values)
	} else {
		err = toml.Unmarshal(raw, &values)
	}
	if err != nil {
		return fmt.Errorf("read the settings of %s: %w", s.path, err)
	}
	for key, v := range values {
		if s.file[key], err = plain(v); err != nil {
			return fmt.Errorf("%s: %s: %w", s.path, key, err)
		}
	}
	return nil
}

// plain writes a file's value the way a flag would be written.
func plain(v any) (string, error) {
	switch v := v.(type) {
	case []any:
		var all []string
		for _, one := range v {
			text, err := plain(one)
			if err != nil {
				return "", err
			}
			all = append(all, text)
		}
		return strings.Join(all, ","), nil
	case string, bool, int64, float64:
		return fmt.Sprint(v), nil
	}
	return "", fmt.Errorf("a setting is a text, a number or a list of texts")
}

// check refuses unknown keys and variables: a misspelt one would otherwise be
// a setting that silently does not hold.
func (s *sources) check() error {
	known := map[string]bool{envPrefix + "CONFIG": true}
	for _, f := range s.flags {
		known[f.Name], known[variable(f)] = true, true
		if secret(f) {
			known[f.Name+"-file"], known[variable(f)+"_FILE"] = true, true
		}
	}
	for _, name := range sorted(s.env) {
		if !known[name] {
			return fmt.Errorf("the environment variable %s is no setting; `countersign doctor` lists them", name)
		}
	}
	for _, key := range sorted(s.file) {
		if !known[key] || strings.HasPrefix(key, envPrefix) {
			return fmt.Errorf("%s: %q is no setting; `countersign doctor` lists them", s.path, key)
		}
	}
	return nil
}

func sorted(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// variable is the environment variable of a setting.
func variable(f *kong.Flag) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
}

func secret(f *kong.Flag) bool { return f.Tag.Has("secret") }

// Validate implements kong.Resolver; check has done it.
func (s *sources) Validate(*kong.Application) error { return nil }

// Resolve implements kong.Resolver for flags that the command line left out:
// environment, then file, then nothing.
func (s *sources) Resolve(_ *kong.Context, _ *kong.Path, f *kong.Flag) (any, error) {
	if !slices.Contains(s.flags, f) {
		return nil, nil
	}
	for _, from := range []struct {
		values            map[string]string
		name, suffix, say string
	}{{s.env, variable(f), "_FILE", "variable "}, {s.file, f.Name, "-file", "file " + s.path + ", key "}} {
		value, origin, err := fromEither(from.values, from.name, from.suffix, secret(f))
		if err != nil {
			return nil, err
		}
		if value != "" {
			s.origin[f.Name] = from.say + origin
			return value, nil
		}
	}
	return nil, nil
}

// fromEither reads a value or, for a secret, the file that holds it; both at
// once is an error, because nobody could say which one holds.
func fromEither(values map[string]string, name, suffix string, secret bool) (value, origin string, err error) {
	value, origin = values[name], name
	path := values[name+suffix]
	if !secret || path == "" {
		return value, origin, nil
	}
	if value != "" {
		return "", "", fmt.Errorf("both %s and %s%s are set; keep one", name, name, suffix)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", "", fmt.Errorf("%s%s: %w", name, suffix, err)
	}
	return strings.TrimRight(string(raw), "\r\n"), name + suffix, nil
}

// noteFlags remembers which settings the command line gave.
func (s *sources) noteFlags(ctx *kong.Context) {
	for _, p := range ctx.Path {
		if p.Flag != nil && !p.Resolved {
			s.origin[p.Flag.Name] = "flag --" + p.Flag.Name
		}
	}
}

// from says where a setting's value came from.
func (s *sources) from(name string) string {
	if o := s.origin[name]; o != "" {
		return o
	}
	return "default"
}
