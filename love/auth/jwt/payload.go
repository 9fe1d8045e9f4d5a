package jwt

import (
	"encoding/base64"
	"math"
	"strconv"
	"strings"

	"github.com/rubin-love/love-go/internal/wire"
)

// latest is the latest time that a token may name, in Unix seconds: the end of the
// year 9999.
const latest = 253402300799

// strictPayload reports whether the claims of a token mean the same to everybody: none
// occurs twice or in another case, and times are numbers. The JWT library also takes a
// text for a time, and a number that no time can hold.
func strictPayload(token string) bool {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return false
	}
	payload, err := base64.RawURLEncoding.Strict().DecodeString(parts[1])
	if err != nil || wire.Strict(payload) != nil {
		return false
	}
	for name, value := range wire.Members(payload) {
		switch strings.ToLower(name) {
		case "exp", "iat", "nbf":
			seconds, err := strconv.ParseFloat(string(value), 64)
			if err != nil || !(math.Abs(seconds) <= latest) { // NaN, too
				return false
			}
		case "iss", "sub", "aud", "jti", "ver":
		default:
			continue
		}
		if name != strings.ToLower(name) {
			return false
		}
	}
	return true
}
