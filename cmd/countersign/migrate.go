package main

import (
	"fmt"
)

type migrateCmd struct{}

// Run brings the schema up to date. `serve` does it too; this verb is for
// installations that migrate before they start the new version.
func (migrateCmd) Run(a *app) error {
	h, err := openHouse(a, opening{})
	if err != nil {
		return err
	}
	defer h.close()
	_, err = fmt.Fprintln(a.out, "the schema is up to date")
	return err
}
