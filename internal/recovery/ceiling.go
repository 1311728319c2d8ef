package recovery

// Ceiling is a bound that no policy can raise.
type Ceiling struct {
	Most   Duration
	Count  int64
	Source string
}

// ceilings are policy-defaults, "Ceilings nobody can raise", by the name that a
// field's tag gives.
var ceilings = map[string]Ceiling{
	"issued-sms":     {Most: For(10 * Minute), Source: "SP 800-63B-4 §3.1.3.2"},
	"issued-mail":    {Most: For(24 * Hour), Source: "SP 800-63B-4 §4.2.1.2"},
	"issued-tries":   {Count: 5, Source: "ours"},
	"approval-wait":  {Most: For(4 * Hour), Source: "ours"},
	"review":         {Most: Duration{Days: 10}, Source: "ours"},
	"collecting":     {Most: For(60 * Minute), Source: "ours: a factor reset waits an hour at most"},
	"session":        {Most: For(60 * Minute), Source: "ours: a factor reset lives an hour at most"},
	"travel":         {Most: For(30 * Day), Source: "ours"},
	"consecutive":    {Count: 100, Source: "SP 800-63B-4 §3.2.2"},
	"password-tries": {Count: 5, Source: "ours: guesses cost server time"},
	"codes":          {Count: 10, Source: "ours: few codes"},
}

// lives are the ceilings of an artefact's life.
var lives = map[Artefact]Ceiling{
	PassSession: {Most: For(24 * Hour), Source: "ours"},
	LoanKey:     {Most: For(7 * Day), Source: "ours"},
	FactorGone:  {Most: For(60 * Minute), Source: "ours"},
	LeasedKey:   {Most: For(4 * Hour), Source: "ours"},
	Binding:     {Most: For(10 * Minute), Source: "SP 800-63B-4 §4.1.2.2"},
}

// overlap is how long the old and the new credential of a service account may
// live beside each other when it is replaced: the one lease over 4 hours.
var overlap = Ceiling{Most: For(24 * Hour), Source: "ours: the overlap of a replacement"}

// lifeCeiling is the ceiling of a way's life; ok is false when its artefact has none.
func lifeCeiling(e EventID, a Artefact) (c Ceiling, ok bool) {
	if e == DeviceReplacement && a == LeasedKey {
		return overlap, true
	}
	c, ok = lives[a]
	return c, ok
}
