package recovery

import (
	"strings"
	"unicode"
)

// spoken are the words that a holder reads out on a call that we placed: 256
// short English nouns, no two closer than two letters, none that a bad line
// turns into another. Three of them are 24 bits; SP 800-63B-4 §3.1.3.2 asks for
// 20 of a secret that is compared out of band.
var spoken = strings.Fields(`
	acorn actor admiral alley amber anchor angel ankle apple apron arrow artist autumn avenue badge bagel baker balcony bamboo banjo barrel
	basket beach beaver bicycle bishop blanket blossom bottle bracket bread bridge bronze bucket button cabbage cabin cactus camel camera canal
	canvas captain carbon carpet carrot castle cedar cellar chapel cherry chimney circus clover cobweb coconut coffee comet copper coral cotton
	cradle crayon cricket crystal curtain cushion daisy dancer desert diamond dolphin domino donkey doorway dragon dungeon eagle easel elbow
	emerald engine fabric falcon farmer feather fiddle finger firefly flute folder forest fortune fossil freckle galaxy gallery garden garlic
	gazelle giraffe glacier goblin gondola gorilla granite gravel grocery guitar hammer hammock hamster harbor harvest helmet heron hockey honey
	hotel hunter hurdle hydrant iceberg icicle igloo indigo insect island ivory jacket jaguar jelly jigsaw journey jungle kayak kennel kettle
	kingdom kitchen kitten koala ladder lagoon lantern lemon leopard lizard lobster locket lumber magnet magpie maple marble meadow melon
	mermaid mirror mosaic muffin museum napkin nectar needle nickel noodle nursery nutmeg oasis ocean octopus olive onion orange orchid organ
	otter outlaw oyster paddle palace pancake panda paper pasta pebble pelican pencil pepper piano picnic pigeon pillow pirate planet plum
	potato prairie pumpkin puzzle quarry quartz quilt quiver rabbit radish ranch raven ribbon river robin ruby salad salmon sandal satin school
	shadow shovel silver sketch spider spoon statue summer tailor teacup teapot temple ticket tiger timber tomato torch tulip tunnel turtle
	uphill velvet violin voyage waffle wagon walnut walrus water wheat window winter wolf yellow yogurt zebra zipper zodiac`)

// SpokenWords is how many words are read out.
const SpokenWords = 3

// Spoken makes the words out of numbers that were drawn at random, each below
// SpokenList.
func Spoken(drawn [SpokenWords]int) string {
	var out []string
	for _, n := range drawn {
		out = append(out, spoken[n])
	}
	return strings.Join(out, " ")
}

// SpokenList is how many words there are to draw from.
func SpokenList() int { return len(spoken) }

// ParseSpoken reads three words as an agent types what was heard: any case, any
// signs between them. What is no word of the list is a typing mistake and costs
// no try.
func ParseSpoken(typed string) (string, error) {
	return parseSpoken(typed, SpokenWords, "three", "words")
}

// PageWords is how many words the reverse check page shows: 16 bits, compared on a
// call, and no proof.
const PageWords = 2

// PageSpoken are the words of that page, out of numbers below SpokenList.
func PageSpoken(drawn [PageWords]int) string { return spoken[drawn[0]] + " " + spoken[drawn[1]] }

// ParsePageSpoken reads those two words as an agent types what was heard.
func ParsePageSpoken(typed string) (string, error) {
	return parseSpoken(typed, PageWords, "two", "match")
}

func parseSpoken(typed string, count int, name, field string) (string, error) {
	words := strings.FieldsFunc(strings.ToLower(typed), func(r rune) bool { return !unicode.IsLetter(r) })
	known := map[string]bool{}
	for _, w := range spoken {
		known[w] = true
	}
	if len(words) != count {
		return "", Refuse("words-typo", "Enter the "+name+" words that the holder reads out.", "This did not count as a try.").On(field)
	}
	for _, w := range words {
		if !known[w] {
			return "", Refuse("words-typo", "At least one of these is none of our words.", "Ask the holder to spell it. This did not count as a try.").On(field)
		}
	}
	return strings.Join(words, " "), nil
}
