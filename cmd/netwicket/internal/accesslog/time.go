package accesslog

import (
	"strconv"
	"time"
)

// clfLength is the length of "17/May/2015:10:05:03 +0000".
const clfLength = 26

// parseCLF reads the time of the common log format. Dates out of range run over
// into the next month, as time.Date has it.
func parseCLF(s string) (seconds int64, ok bool) {
	if len(s) != clfLength || s[2] != '/' || s[6] != '/' || s[11] != ':' || s[14] != ':' || s[17] != ':' || s[20] != ' ' {
		return 0, false
	}
	month := monthOf(s[3:6])
	day, century, years := pair(s[0], s[1]), pair(s[7], s[8]), pair(s[9], s[10])
	hour, minute, second := pair(s[12], s[13]), pair(s[15], s[16]), pair(s[18], s[19])
	aheadHours, aheadMinutes := pair(s[22], s[23]), pair(s[24], s[25])
	if month == 0 || day|century|years|hour|minute|second|aheadHours|aheadMinutes < 0 {
		return 0, false
	}
	ahead := (aheadHours*60 + aheadMinutes) * 60
	switch s[21] {
	case '-':
		ahead = -ahead
	case '+':
	default:
		return 0, false
	}
	const daySeconds = 24 * 60 * 60
	return int64(daysBefore(century*100+years, month)+day-1)*daySeconds + int64(hour*3600+minute*60+second-ahead), true
}

// pair is a number of two digits, below zero if there is another character.
func pair(tens, ones byte) int {
	tens, ones = tens-'0', ones-'0'
	if tens > 9 || ones > 9 {
		return -1
	}
	return int(tens)*10 + int(ones)
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// monthOf is the month with this English short name, or 0.
func monthOf(name string) int {
	switch name {
	case "Jan":
		return 1
	case "Feb":
		return 2
	case "Mar":
		return 3
	case "Apr":
		return 4
	case "May":
		return 5
	case "Jun":
		return 6
	case "Jul":
		return 7
	case "Aug":
		return 8
	case "Sep":
		return 9
	case "Oct":
		return 10
	case "Nov":
		return 11
	case "Dec":
		return 12
	}
	return 0
}

// daysBefore is the days from 1970 to the first of a month. Years begin in March
// here, behind the leap day, so that months are 153 days in five. time.Date, which
// takes anything, would be a third of the time that a line's time takes.
func daysBefore(year, month int) int {
	if month < 3 {
		year, month = year-1, month+12
	}
	year += 400                       // none is below zero
	const until1970 = 719468 + 146097 // from March of the year -400
	return year*365 + year/4 - year/100 + year/400 + ((month-3)*153+2)/5 - until1970
}

// parseTime reads a time in any form that logs have it: the common log format,
// ISO 8601 with or without a zone (then UTC), or seconds, milliseconds,
// microseconds or nanoseconds since 1970. It is 0 for anything else.
func parseTime(s string) int64 {
	if s == "" {
		return 0
	}
	if seconds, ok := parseCLF(s); ok {
		return seconds
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z0700"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at.Unix()
		}
	}
	number, err := strconv.ParseFloat(s, 64)
	const farFuture = 1e11 // in seconds: beyond the year 5000
	if err != nil || !(number > 0) || number > 1e20 {
		return 0
	}
	for number > farFuture {
		number /= 1000
	}
	return int64(number)
}
