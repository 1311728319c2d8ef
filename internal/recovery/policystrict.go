package recovery

import "reflect"

// StricterValues is the policy that an open ticket obeys beyond its row: value by
// value the stricter of the version it was opened under and the one in force (R4).
// Rows, levels and quorums stay those of the version in force; what they ask of a
// ticket is Stricter's.
func StricterValues(pinned, current Policy) Policy {
	out := current
	out.Populations = map[Population]PopulationRule{}
	for row, rule := range current.Populations {
		was := pinned.Populations[row]
		stricterFields(reflect.ValueOf(was), reflect.ValueOf(&rule).Elem())
		if Attested(was.NewFactor) && !Attested(rule.NewFactor) {
			rule.NewFactor = was.NewFactor
		}
		out.Populations[row] = rule
	}
	stricterFields(reflect.ValueOf(pinned), reflect.ValueOf(&out).Elem())
	return out
}

// stricterFields puts a value of the earlier policy wherever it asks for more. What
// has no order is that of the version in force.
func stricterFields(was, is reflect.Value) {
	for i := range is.NumField() {
		f := is.Type().Field(i)
		switch strict := f.Tag.Get("strict"); {
		case f.Tag.Get("policy") == "":
		case strict == "" && f.Type.Kind() == reflect.Struct:
			stricterFields(was.Field(i), is.Field(i))
		case strict != "" && strict != "named" && asksMore(strict, was.Field(i), is.Field(i)):
			is.Field(i).Set(was.Field(i))
		}
	}
}

func asksMore(strict string, was, is reflect.Value) bool {
	switch strict {
	case "yes":
		return was.Bool()
	case "no":
		return !was.Bool()
	case "more":
		return covers(was, is)
	}
	return covers(is, was)
}
