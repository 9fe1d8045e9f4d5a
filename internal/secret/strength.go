package secret

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn/frequency"
)

// MinLength is the least number of characters of a password.
const MinLength = 12

// minDifferent is the least number of different characters of a password.
const minDifferent = 5

// CheckStrength returns an error if a new password can be guessed: it is short, or made
// of a common password or word, a name that is known, or a repetition, whatever digits
// and signs are in between. known are such names, as that of the user.
func CheckStrength(password string, known ...string) error {
	if utf8.RuneCountInString(password) < MinLength {
		return fmt.Errorf("the password is shorter than %d characters: choose a longer one", MinLength)
	}
	const choose = ": choose another one, for example four words that have nothing to do with each other"
	text := strings.ToLower(password)
	core := repeated(letters(text))
	switch {
	case core == "":
		return errors.New("the password has no letters" + choose)
	case different(text) < minDifferent:
		return errors.New("the password repeats few characters" + choose)
	case slices.ContainsFunc(known, func(name string) bool { return name != "" && core == repeated(letters(strings.ToLower(name))) }):
		return errors.New("the password is a name that everybody knows" + choose)
	case isCommon(text) || isCommon(core):
		return errors.New("the password is one of the most common ones" + choose)
	}
	return nil
}

// isCommon reports whether a text is in a list of common passwords, words and names.
func isCommon(text string) bool {
	for _, list := range frequency.FrequencyLists {
		if slices.Contains(list, text) {
			return true
		}
	}
	return false
}

// repeated returns the part of a text that is repeated throughout, or else the text.
func repeated(text string) string {
	for n := 1; n <= len(text)/2; n++ {
		if len(text)%n == 0 && strings.Repeat(text[:n], len(text)/n) == text {
			return text[:n]
		}
	}
	return text
}

// letters returns the letters of a text.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, text)
}

// different returns the number of different characters.
func different(text string) int {
	seen := map[rune]bool{}
	for _, r := range text {
		seen[r] = true
	}
	return len(seen)
}
