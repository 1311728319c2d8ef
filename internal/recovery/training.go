package recovery

import "time"

// Training is when a person was last trained to compare people with documents.
type Training struct {
	Person   string
	At       int64
	By       string // administrator who recorded it
	Recorded int64
}

// TrainingLife is how long a training counts: visual comparison is assessed again
// each year (SP 800-63A-4 §3.12, §3.13).
const TrainingLife = 365 * Day

// MayCompare refuses the comparison of a document by an agent without a training
// that counts, where the level asks for one. at is the date of the training, 0
// for none.
func MayCompare(l LevelRule, m Method, at, now int64) error {
	if !l.Trained || !GuideOf(m).Document || at != 0 && now-at < TrainingLife {
		return nil
	}
	text := "You have no training date for comparing documents."
	if at != 0 {
		text = "Your training for comparing documents is older than a year."
	}
	return Refuse("training-missing", text, "A trained agent does this step, or an administrator records your training on the Staff page.").On("method")
}

// ParseTraining reads the date of a training as forms send it, midnight UTC, and
// refuses one that is no date or lies ahead.
func ParseTraining(text string, now int64) (int64, error) {
	day, err := time.Parse(time.DateOnly, text)
	switch {
	case err != nil:
		return 0, Refuse("date-unreadable", "Enter the date of the training, like 2026-11-21.", "").On("trained")
	case day.UnixMicro() > now:
		return 0, Refuse("date-ahead", "That date lies ahead.", "Record the training when it was done.").On("trained")
	}
	return day.UnixMicro(), nil
}

// MaySetTraining refuses to date one's own training.
func MaySetTraining(by, person string) error {
	if by != person {
		return nil
	}
	return Refuse("own-training", "Nobody records their own training.", "Another administrator records it.")
}
