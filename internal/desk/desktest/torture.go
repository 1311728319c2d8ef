package desktest

import "os"

// Torture says whether this is `make torture`, where what chance may decide is
// tried more often.
func Torture() bool { return os.Getenv("TORTURE") != "" }
