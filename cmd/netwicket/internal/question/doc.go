// Package question reads what people paste to ask about: an address, a network, a
// request as header lines, as the head of HTTP or as the command line's JSON, a curl
// command, a line of an access log. Which of them a text is, the text alone says.
//
// What is none of them is an error that says what was expected: nothing is guessed,
// left out or cut off, since the answer would be about another question. Whoever
// connected is asked for where the text does not say so, and is unknown otherwise,
// which every policy denies. Nothing is looked up: the host of a curl command stays a
// name, files that it reads stay unread.
//
// # The files
//
// question.go has Question and tells the kinds apart, headers.go reads lines of headers,
// records.go JSON and lines of logs. curl.go reads a curl command: its words as a shell
// makes them (shell.go, ansic.go) or cmd.exe (cmdexe.go), its options as curl takes them
// (curloptions.go).
package question
