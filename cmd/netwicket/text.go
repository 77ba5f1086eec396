package main

import (
	"fmt"
	"strconv"
	"strings"
)

// oneLine keeps a finding on its line: messages may repeat bytes of a document.
func oneLine(text string) string {
	return strings.NewReplacer("\r", " ", "\n", " ").Replace(text)
}

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
