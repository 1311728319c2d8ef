package main

import (
	"fmt"
	"runtime"
)

type versionCmd struct{}

// Run prints the version of this program and of the Go that built it.
func (versionCmd) Run(a *app) error {
	_, err := fmt.Fprintf(a.out, "countersign %s (%s %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
