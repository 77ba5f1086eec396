package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// overHTTP asks as nginx and others do, on a connection for each question at a time.
func overHTTP() protocol {
	var questions [][]byte
	for _, chain := range chains() {
		questions = append(questions, []byte("GET /decide HTTP/1.1\r\nHost: netwicket\r\nX-Forwarded-For: "+chain+
			"\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: example.org\r\nX-Forwarded-Uri: /\r\nX-Forwarded-Method: GET\r\n\r\n"))
	}
	return protocol{flag: "--listen", serveNothing: serveNothing, dial: func(address string, asksAtOnce int) ([]ask, func(), error) {
		var connections []net.Conn
		hangUp := func() {
			for _, connection := range connections {
				_ = connection.Close() // nothing is under way
			}
		}
		var asks []ask
		for range asksAtOnce {
			connection, err := net.Dial("tcp", address)
			if err != nil {
				hangUp()
				return nil, nil, err
			}
			connections = append(connections, connection)
			in := bufio.NewReader(connection)
			asks = append(asks, func(client int) (bool, error) {
				if _, err := connection.Write(questions[client]); err != nil {
					return false, err
				}
				status, err := readAnswer(in)
				switch {
				case err != nil:
					return false, err
				case status != "204" && status != "403":
					return false, fmt.Errorf("status %s", status)
				}
				return status == "204", nil
			})
		}
		return asks, hangUp, nil
	}}
}

// serveNothing is the empty handler.
func serveNothing(address string) error {
	server := &http.Server{
		Addr: address,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNoContent)
		}),
		ReadHeaderTimeout: time.Minute,
	}
	return server.ListenAndServe()
}

// readAnswer reads an answer, and what its body has: the reference of a denial.
func readAnswer(in *bufio.Reader) (status string, err error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return "", err
	}
	if len(line) < len("HTTP/1.1 204") {
		return "", io.ErrUnexpectedEOF
	}
	switch code := line[9:12]; {
	case bytes.Equal(code, []byte("204")):
		status = "204"
	case bytes.Equal(code, []byte("403")):
		status = "403"
	default:
		status = string(code)
	}
	length := 0
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return "", err
		}
		if len(line) == 2 {
			_, err := in.Discard(length)
			return status, err
		}
		if text, found := bytes.CutPrefix(line, []byte("Content-Length: ")); found {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(text))); err != nil {
				return "", err
			}
		}
	}
}
