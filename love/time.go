package love

import (
	"math"
	"time"
)

// SummitLongitude is the longitude of the observatory's sidereal time, in degrees
// east (docs/protocol/manager.md#messages).
const SummitLongitude = -70.749417

// ActionTimeData asks for [TimeData]. It is the only action.
const ActionTimeData = "get_time_data"

// TimeData is the answer to get_time_data and part of every log-in answer.
type TimeData struct {
	UTC               float64 `json:"utc"`                // UNIX seconds
	TAI               float64 `json:"tai"`                // the same instant on the TAI scale
	MJD               float64 `json:"mjd"`                // modified Julian date, UTC, days
	ObservingDay      string  `json:"observing_day"`      // YYYYMMDD of TAI - 12 h
	SiderealSummit    float64 `json:"sidereal_summit"`    // hours, apparent, 0 <= x < 24
	SiderealGreenwich float64 `json:"sidereal_greenwich"` // hours, apparent, 0 <= x < 24
	TAIToUTC          float64 `json:"tai_to_utc"`         // seconds, UTC - TAI
}

// TimeDataAt computes the time scales of an instant.
func TimeDataAt(t time.Time) TimeData {
	leap := LeapSeconds(t)
	utc := UnixSeconds(t)
	greenwich := SiderealTime(t, 0)
	return TimeData{
		UTC:               utc,
		TAI:               utc + leap.Seconds(),
		MJD:               utc/86400 + 40587,
		ObservingDay:      t.UTC().Add(leap - 12*time.Hour).Format("20060102"),
		SiderealSummit:    SiderealTime(t, SummitLongitude),
		SiderealGreenwich: greenwich,
		TAIToUTC:          -leap.Seconds(),
	}
}

// UnixSeconds returns t as the protocol writes it: seconds since 1970 with
// microseconds as the fraction.
func UnixSeconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

// TAI returns t on the TAI scale, as UNIX-like seconds: the form of SAL's stamps.
func TAI(t time.Time) float64 { return UnixSeconds(t.Add(LeapSeconds(t))) }

// SiderealTime returns the apparent sidereal time in hours, 0 <= x < 24, at a
// longitude in degrees east. It uses UTC for UT1 (they differ by less than a
// second); the rest is better than 0.05 s: mean sidereal time of the IAU 2006
// precession, and the largest terms of the nutation in longitude.
func SiderealTime(t time.Time, longitude float64) float64 {
	utc := UnixSeconds(t)
	ut1 := utc/86400 + 40587 - 51544.5 // days since J2000.0
	tt := (utc + LeapSeconds(t).Seconds() + 32.184) / 86400
	c := (tt + 40587 - 51544.5) / 36525 // centuries since J2000.0

	era := 360 * math.Mod(0.7790572732640+0.00273781191135448*ut1+math.Mod(ut1, 1), 1)
	precession := (0.014506 + c*(4612.156534+c*(1.3915817-c*(0.00000044+c*0.000029956)))) / 3600

	rad := math.Pi / 180
	node := (125.04452 - 1934.136261*c) * rad
	sun := (280.4665 + 36000.7698*c) * rad
	moon := (218.3165 + 481267.8813*c) * rad
	longitudeNutation := -17.20*math.Sin(node) - 1.32*math.Sin(2*sun) - 0.23*math.Sin(2*moon) + 0.21*math.Sin(2*node)
	obliquity := (23.4392911 - 0.0130042*c) * rad
	equinoxes := (longitudeNutation*math.Cos(obliquity) + 0.00264*math.Sin(node)) / 3600

	hours := math.Mod((era+precession+equinoxes+longitude)/15, 24)
	if hours < 0 {
		hours += 24
	}
	if hours >= 24 {
		hours -= 24
	}
	return hours
}

// AppendJSON appends d as it stands in the answers of the manager.
func (d TimeData) AppendJSON(dst []byte) []byte {
	dst = AppendFloat(append(dst, `{"utc":`...), d.UTC)
	dst = AppendFloat(append(dst, `,"tai":`...), d.TAI)
	dst = AppendFloat(append(dst, `,"mjd":`...), d.MJD)
	dst = AppendText(append(dst, `,"observing_day":`...), d.ObservingDay)
	dst = AppendFloat(append(dst, `,"sidereal_summit":`...), d.SiderealSummit)
	dst = AppendFloat(append(dst, `,"sidereal_greenwich":`...), d.SiderealGreenwich)
	dst = AppendFloat(append(dst, `,"tai_to_utc":`...), d.TAIToUTC)
	return append(dst, '}')
}
