package request_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name, line string
		want       request.Request
		wantErr    string
	}{
		{name: "address", line: "203.0.113.9", want: request.Address("203.0.113.9")},
		{name: "address between spaces", line: "  203.0.113.9\t", want: request.Address("203.0.113.9")},
		{name: "any text is address text", line: `"remote":"1.2.3.4"`, want: request.Address(`"remote":"1.2.3.4"`)},
		{name: "a list is address text", line: `[{"remote":"1.2.3.4"}]`, want: request.Address(`[{"remote":"1.2.3.4"}]`)},
		{name: "a comment behind an address is not one", line: "203.0.113.9 # us", want: request.Address("203.0.113.9 # us")},
		{name: "remote alone", line: `{"remote":"10.0.0.1:4711"}`, want: request.Request{Remote: "10.0.0.1:4711"}},
		{name: "empty remote", line: `{"remote":""}`, want: request.Request{}},
		{
			name: "headers keep their order and lose their case", line: `{"headers":[["x-forwarded-for","a"],["X-FORWARDED-FOR"," b "]],"remote":"@"}`,
			want: request.Request{Remote: "@", Header: http.Header{"X-Forwarded-For": {"a", " b "}}},
		},
		{name: "no headers", line: `{"remote":"@","headers":[]}`, want: request.Request{Remote: "@", Header: http.Header{}}},
		{name: "null headers are none", line: `{"remote":"@","headers":null}`, want: request.Request{Remote: "@", Header: http.Header{}}},

		{name: "unknown key", line: `{"remote":"@","header":[]}`, wantErr: `column 15: "header": unknown key; expected remote or headers; did you mean "headers"?`},
		{name: "miscast key", line: `{"Remote":"@"}`, wantErr: `column 2: "Remote": unknown key; expected remote or headers; did you mean "remote"?`},
		{name: "repeated key", line: `{"remote":"1.1.1.1","remote":"2.2.2.2"}`, wantErr: `column 21: "remote": the object has this key already`},
		{name: "no remote", line: `{"headers":[]}`, wantErr: `column 1: remote is missing`},
		{name: "empty object", line: `{}`, wantErr: `column 1: remote is missing`},
		{name: "null remote", line: `{"remote":null}`, wantErr: `column 11: "null": expected a string, empty for an unknown peer, found null`},
		{name: "number", line: `{"remote":1}`, wantErr: `column 11: "1": expected a string`},
		{name: "headers as an object", line: `{"remote":"","headers":{"a":"b"}}`, wantErr: "list of pairs"},
		{name: "a header alone", line: `{"remote":"","headers":[["a"]]}`, wantErr: `column 25: expected a pair ["Name","value"], found 1 elements`},
		{name: "three in a pair", line: `{"remote":"","headers":[["a","b"],["a","b","c"]]}`, wantErr: `column 35: expected a pair ["Name","value"], found 3 elements`},
		{name: "null in a pair", line: `{"remote":"","headers":[["a",null]]}`, wantErr: "column 30: \"null\": expected a string of a pair"},
		{name: "header with a space in its name", line: `{"remote":"","headers":[["X-Forwarded-For ","1.1.1.1"]]}`, wantErr: "not a header name"},
		{name: "header without a name", line: `{"remote":"","headers":[["","1.1.1.1"]]}`, wantErr: "not a header name"},
		{name: "cut off", line: `{"remote":"1.1.1.1"`, wantErr: "column 20: the document ends too early"},
		{name: "cut off in a key", line: `{"remo`, wantErr: "column 2: the string is never closed"},
		{name: "cut off in a value", line: `{"remote":"1.1`, wantErr: "column 11: the string is never closed"},
		{name: "no quotes", line: `{remote:"1.1.1.1"}`, wantErr: "column 2: unexpected 'r'; expected a key in double quotes"},
		{name: "two objects", line: `{"remote":"1.1.1.1"}{"remote":"1.1.1.1"}`, wantErr: "expected nothing more"},
		{name: "text behind it", line: `{"remote":"1.1.1.1"} x`, wantErr: "expected nothing more"},
		{name: "broken UTF-8", line: "{\"remote\":\"1.1.1.1\xff\"}", wantErr: "column 19: byte 0xff is not valid UTF-8"},
		{name: "a comment", line: `{"remote":"1.1.1.1"} // us`, wantErr: "JSON has no comments"},
		{name: "stray comma", line: `{"remote":"1.1.1.1",}`, wantErr: "column 21: unexpected '}'"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := request.Parse([]byte(test.line))
			if test.wantErr != "" {
				require.ErrorContains(t, err, test.wantErr)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}

func TestParseHeader(t *testing.T) {
	got, err := request.ParseHeader([]string{
		"X-Forwarded-For: \t203.0.113.7 \t", "x-forwarded-for:", "X-Forwarded-For:\u00a0a: b", "X_Forwarded_For: 1.1.1.1",
	})
	require.NoError(t, err)
	require.Equal(t, http.Header{
		"X-Forwarded-For": {"203.0.113.7", "", "\u00a0a: b"}, // spaces and tabs are dropped, a no-break space is not
		"X_forwarded_for": {"1.1.1.1"},                       // another header, never that one
	}, got)

	for _, line := range []string{"X-Forwarded-For", "", ": 1.1.1.1", "X-Forwarded-For : 1.1.1.1", "X Y: 1"} {
		_, err := request.ParseHeader([]string{line})
		require.Error(t, err, line)
	}
}

func TestReaderGoesOnBehindBrokenLines(t *testing.T) {
	input := "# office\n\n 203.0.113.9 \r\n{\"remote\":\n\t# more\n{\"remote\":\"@\"}\nnonsense\n192.0.2.1"
	reader := request.NewReader(strings.NewReader(input))
	var got []string
	for {
		next, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		var lineError *request.LineError
		if errors.As(err, &lineError) {
			require.Equal(t, 4, lineError.Line)
			got = append(got, "broken")
			continue
		}
		require.NoError(t, err)
		got = append(got, next.Remote)
	}
	require.Equal(t, []string{"203.0.113.9", "broken", "@", "nonsense", "192.0.2.1"}, got)
	require.Equal(t, 8, reader.Line())
}

func TestReaderLineLength(t *testing.T) {
	tests := []struct {
		name   string
		length int
		ending string
		broken bool
	}{
		{"longer than a buffer", 100_000, "\n", false},
		{"as long as may be", request.MaxLine, "\n", false},
		{"as long as may be, CR LF", request.MaxLine, "\r\n", false},
		{"as long as may be, at the end", request.MaxLine, "", false},
		{"one too long", request.MaxLine + 1, "\n", true},
		{"one too long, CR LF", request.MaxLine + 1, "\r\n", true},
		{"one too long, at the end", request.MaxLine + 1, "", true},
		{"much too long", 3 * request.MaxLine, "\n", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			input := io.MultiReader(strings.NewReader("192.0.2.1\n"),
				strings.NewReader(strings.Repeat("x", test.length)+test.ending))
			if test.ending != "" {
				input = io.MultiReader(input, strings.NewReader("192.0.2.2\n"))
			}
			reader := request.NewReader(input)
			_, err := reader.Next()
			require.NoError(t, err)
			next, err := reader.Next()
			if test.broken {
				var lineError *request.LineError
				require.ErrorAs(t, err, &lineError)
				require.Equal(t, 2, lineError.Line)
			} else {
				require.NoError(t, err)
				require.Len(t, next.Remote, test.length)
			}
			if test.ending != "" {
				next, err = reader.Next()
				require.NoError(t, err)
				require.Equal(t, "192.0.2.2", next.Remote)
			}
			_, err = reader.Next()
			require.ErrorIs(t, err, io.EOF)
		})
	}
}

func TestReaderReportsTheStreamsError(t *testing.T) {
	broken := errors.New("disk gone")
	reader := request.NewReader(io.MultiReader(strings.NewReader("192.0.2.1\n192.0"), iotest.ErrReader(broken)))
	_, err := reader.Next()
	require.NoError(t, err)
	_, err = reader.Next()
	require.ErrorIs(t, err, broken)
}

// FuzzRequestLine: whatever the line says, it is address text or an error or a
// request whose parts can be written down and read again.
func FuzzRequestLine(f *testing.F) {
	for _, seed := range []string{
		"203.0.113.9", `{"remote":"10.0.0.1:80","headers":[["X-Forwarded-For","203.0.113.7, 10.0.0.2"]]}`,
		`{"remote":""}`, `{"remote":"@","headers":null}`, `{"Remote":""}`, "{", "", "#", `{"remote":"","headers":[["a"]]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		got, err := request.Parse(line)
		trimmed := strings.Trim(string(line), " \t")
		if !strings.HasPrefix(trimmed, "{") {
			if err != nil || !got.Bare || got.Remote != trimmed {
				t.Fatalf("address text %q became %+v, %v", line, got, err)
			}
			return
		}
		if got.Bare {
			t.Fatalf("object %q became a bare address", line)
		}
		if err != nil && (got.Remote != "" || got.Header != nil) {
			t.Fatalf("error %v came with a request %+v", err, got)
		}
		for name := range got.Header {
			if name != http.CanonicalHeaderKey(name) {
				t.Fatalf("header name %q is not canonical", name)
			}
		}
	})
}

// The characters of a name are those of RFC 9110, section 5.6.2, and no others.
func TestHeaderNames(t *testing.T) {
	const tchar = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for c := range 256 {
		if c == ':' {
			continue // which ends the name
		}
		for _, name := range []string{string([]byte{byte(c)}), "X-" + string([]byte{byte(c)}) + "-Y"} {
			_, err := request.ParseHeader([]string{name + ": x"})
			require.Equal(t, strings.IndexByte(tchar, byte(c)) >= 0, err == nil, "%q", name)
		}
	}
}

// Of a pair that is none there is one thing to say.
func TestBrokenPairs(t *testing.T) {
	for _, test := range []struct{ pair, want string }{
		{`"a"`, "1:26 /headers/0: \"a\": expected a pair [\"Name\",\"value\"], found a string"},
		{`["a",7]`, "1:31 /headers/0/1: \"7\": expected a string of a pair [\"Name\",\"value\"], found a number"},
		{`[7,8]`, "1:27 /headers/0/0: \"7\": expected a string of a pair [\"Name\",\"value\"], found a number"},
		{`["a"]`, "1:26 /headers/0: expected a pair [\"Name\",\"value\"], found 1 elements"},
		{`[]`, "1:26 /headers/0: expected a pair [\"Name\",\"value\"], found 0 elements"},
	} {
		root, reader := jsondoc.Read("", []byte(`{"remote":"x","headers":[`+test.pair+`,["A","b"]]}`))
		got := request.Read(reader, root)
		require.Equal(t, test.want, reader.Found.Error())
		require.Equal(t, http.Header{"A": {"b"}}, got.Header, "the others are read")
	}
	_, err := request.Parse([]byte(`{"remote":`))
	require.ErrorContains(t, err, "ends too early")
	require.NotContains(t, err.Error(), "remote is missing", "what is no JSON is not looked at")
}

// There is time to flush when nothing that was read waits to be answered.
func TestReaderIdles(t *testing.T) {
	reader := request.NewReader(strings.NewReader("192.0.2.1\n192.0.2.2\n{\n"))
	require.True(t, reader.Idle(), "nothing was read")
	for _, idle := range []bool{false, false} {
		_, err := reader.Next()
		require.NoError(t, err)
		require.Equal(t, idle, reader.Idle())
	}
	_, err := reader.Next()
	var lineError *request.LineError
	require.ErrorAs(t, err, &lineError)
	require.ErrorIs(t, err, lineError.Err)
	require.True(t, reader.Idle())
}
