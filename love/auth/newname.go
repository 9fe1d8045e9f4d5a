package auth

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CheckNewName returns an error if people could take the name of a new user, or what
// kind it is of, for another one: it looks like one of those that are taken, or has
// characters that cannot be seen or that look like others. Names that exist already
// stay as they are; [User.Check] is the rule for all.
func CheckNewName(kind, name string, taken []string) error {
	if err := checkName(kind, name); err != nil {
		return err
	}
	refuse := func(why string, args ...any) error {
		return fmt.Errorf("the %s name %q is not usable for a new %s: "+why, append([]any{kind, name, kind}, args...)...)
	}
	switch {
	case name == "." || strings.Contains(name, ".."):
		return refuse("it looks like a folder: leave the dots out")
	case skeleton(name) == skeleton("process"):
		return refuse("records name processes so: choose another one")
	}
	scripts := map[string]bool{}
	var before rune
	for _, r := range name {
		switch {
		case !unicode.IsGraphic(r) || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.Is(blank, r):
			return refuse("it has %U, which cannot be seen: leave it out", r)
		case unicode.Is(variants, r) || unicode.In(r, latinLike...):
			return refuse("it has %q, which looks like another character: use the plain one", r)
		case unicode.Is(unicode.M, r) && unicode.In(before, alphabets...):
			return refuse("it has %U after %q, which looks like one letter: use that letter", r, before)
		}
		if unicode.IsLetter(r) {
			scripts[scriptOf(r)] = true
		}
		before = r
	}
	if len(scripts) > 1 && (scripts["Cyrillic"] || scripts["Greek"] || scripts["other"]) {
		return refuse("it mixes letters of several scripts, some of which look alike: use one")
	}
	for _, t := range taken {
		if t != name && skeleton(t) == skeleton(name) {
			return refuse("it looks like %q, which exists: choose another one", t)
		}
	}
	return nil
}

// alphabets are the scripts whose letters are confused with each other.
var alphabets = []*unicode.RangeTable{unicode.Latin, unicode.Greek, unicode.Cyrillic}

// latinLike are rare scripts whose letters look like Latin ones.
var latinLike = []*unicode.RangeTable{unicode.Lisu, unicode.Coptic, unicode.Cherokee, unicode.Deseret, unicode.Carian, unicode.Lycian, unicode.Lydian, unicode.Old_Italic}

// scriptOf returns the script of a letter, as far as scripts must not be mixed. The
// East Asian ones are used together, and with Latin letters.
func scriptOf(r rune) string {
	switch {
	case unicode.Is(unicode.Latin, r):
		return "Latin"
	case unicode.Is(unicode.Greek, r):
		return "Greek"
	case unicode.Is(unicode.Cyrillic, r):
		return "Cyrillic"
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo):
		return "East Asian"
	case r == 'ー': // the long vowel of kana, common to both
		return "East Asian"
	}
	return "other"
}

// blank are letters without ink.
var blank = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x115F, Hi: 0x1160, Stride: 1}, {Lo: 0x2800, Hi: 0x2800, Stride: 1}, {Lo: 0x3164, Hi: 0x3164, Stride: 1}, {Lo: 0xFFA0, Hi: 0xFFA0, Stride: 1},
}}

// variants are other forms of plain characters: full-width, superscript, mathematical,
// circled, ligatures, and variation selectors.
var variants = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x00AA, Hi: 0x00AA, Stride: 1}, {Lo: 0x00B2, Hi: 0x00B3, Stride: 1}, {Lo: 0x00B9, Hi: 0x00BA, Stride: 1},
		{Lo: 0x0196, Hi: 0x0196, Stride: 1}, {Lo: 0x019E, Hi: 0x019E, Stride: 1}, {Lo: 0x01BF, Hi: 0x01C3, Stride: 1}, {Lo: 0x0250, Hi: 0x02FF, Stride: 1}, {Lo: 0x1D00, Hi: 0x1DBF, Stride: 1}, {Lo: 0x2000, Hi: 0x218F, Stride: 1},
		{Lo: 0x2215, Hi: 0x2215, Stride: 1}, {Lo: 0x2460, Hi: 0x24FF, Stride: 1}, {Lo: 0x2C60, Hi: 0x2C7F, Stride: 1},
		{Lo: 0x3200, Hi: 0x33FF, Stride: 1}, {Lo: 0xA720, Hi: 0xA7FF, Stride: 1}, {Lo: 0xFB00, Hi: 0xFB4F, Stride: 1},
		{Lo: 0xFE00, Hi: 0xFE6F, Stride: 1}, {Lo: 0xFF00, Hi: 0xFFEF, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0x1D400, Hi: 0x1D7FF, Stride: 1}, {Lo: 0x1F100, Hi: 0x1F2FF, Stride: 1}, {Lo: 0xE0100, Hi: 0xE01EF, Stride: 1}},
}

// lookalikes are letters of other scripts with the Latin ones that they look like. It
// is for whole names: those that mix scripts are refused.
var lookalikes = lookalikesOf(
	"аaвbсcԁdеeѐeёeԍgһhіiїiјjкkӏlмmнhоoрpԛqгrѕsтtυuѵvԝwхxуyзzпn",
	"αaβbγyεeηnιiκkνvοoρpσoτtχxζzμuωwΑaΒbΕeΖzΗhΙiΚkΜmΝnΟoΡpΤtΥyΧx",
)

func lookalikesOf(pairs ...string) map[rune]rune {
	all := map[rune]rune{}
	for _, text := range pairs {
		for pair := range slices.Chunk([]rune(text), 2) {
			all[pair[0]] = pair[1]
		}
	}
	return all
}

// alike are plain characters that are the same in some fonts, with one for all.
var alike = strings.NewReplacer("i", "l", "1", "l", "|", "l", "ı", "l", "0", "o", "·", ".", "‧", ".", "•", ".")

// skeleton returns what people see of a name: the same for names that they may
// confuse.
func skeleton(name string) string {
	return strings.Trim(alike.Replace(folded(name)), ".") // a dot at the end is taken for the sentence's
}

// folded returns the name in small plain letters.
func folded(name string) string {
	return strings.Map(func(r rune) rune {
		const fullWidth = '！' - '!'
		switch {
		case '！' <= r && r <= '～':
			r -= fullWidth
		case unicode.In(r, unicode.Cf, unicode.Cc, unicode.Mn, blank) || r == utf8.RuneError:
			return -1
		}
		if plain, ok := lookalikes[r]; ok {
			return plain
		}
		// Capital and small letters, and those that are only folded, such as the long s.
		for folded := unicode.SimpleFold(r); folded != r; folded = unicode.SimpleFold(folded) {
			if 'a' <= folded && folded <= 'z' {
				return folded
			}
		}
		r = unicode.ToLower(r)
		if plain, ok := lookalikes[r]; ok {
			return plain
		}
		return r
	}, name)
}
