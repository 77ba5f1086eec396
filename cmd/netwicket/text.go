package main

import (
	"fmt"
	"strconv"

	"github.com/netwicket/netwicket/internal/shown"
)

// oneLine is text that others wrote, as a terminal may show it: a name of a zone or
// file, an error that repeats one. Whatever is not printed through it, through a
// table of a sheet or by %q has to be text of our own, which TestForeignText holds
// the sources to.
func oneLine(text string) string { return shown.Text(text) }

// shortQuote quotes the start of a line: it may hold anything.
func shortQuote(text string) string {
	const enough = 80
	if len(text) > enough {
		return strconv.Quote(text[:enough]) + "..."
	}
	return strconv.Quote(text)
}

func orWord(text, word string) string {
	if text == "" {
		return word
	}
	return text
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

// grouped is a number with its digits in groups of three.
func grouped(digits string) string {
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

func plural(n uint64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return number(n) + " " + what + "s"
}

// share is a part of all, in per cent.
func share(part, all uint64) string {
	if all == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f%%", 100*float64(part)/float64(all))
}
