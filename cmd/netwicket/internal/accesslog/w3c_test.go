package accesslog_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
)

// entries are the requests of a log.
func entries(t *testing.T, o accesslog.Options, log string) []accesslog.Entry {
	t.Helper()
	parse, err := accesslog.New(o)
	require.NoError(t, err)
	var list []accesslog.Entry
	require.NoError(t, accesslog.Blocks(strings.NewReader(log), func(b accesslog.Block) error {
		for _, line := range b.Records() {
			more, err := parse.Append(nil, b.Layout, line)
			require.True(t, err == nil || len(more) == 0, "all of a record or nothing")
			list = append(list, more...)
		}
		return nil
	}))
	return list
}

const (
	cloudFront = "#Version: 1.0\n" +
		"#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) x-forwarded-for\n" +
		"2015-05-17\t10:05:03\tFRA2\t1\t203.0.113.9\tGET\td111.cloudfront.net\t-\n" +
		"2015-05-17\t10:05:03\tFRA2\t1\t2001:db8::a\tGET\td111.cloudfront.net\t6.6.6.6,%20198.51.100.7\n"
	iis = "\ufeff#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n#Date: 2015-05-17 10:05:00\r\n" +
		"#Fields: date time s-ip cs-method cs-uri-stem c-ip cs(User-Agent) X-Forwarded-For\r\n" +
		"2015-05-17 10:05:03 10.1.1.1 GET / 10.0.0.1 Mozilla/5.0+(X11) 6.6.6.6,+203.0.113.9\r\n" +
		"2015-05-17 10:05:03 10.1.1.1 GET / too few\r\n" +
		"#Software: Microsoft Internet Information Services 10.0\r\n#Fields: time date c-ip\r\n" +
		"10:05:03 2015-05-17 10.0.0.2\r\n"
)

// Each record is read by the #Fields line before it.
func TestW3C(t *testing.T) {
	require.Equal(t, []accesslog.Entry{
		{Remote: "203.0.113.9", Time: at}, {Remote: "2001:db8::a", Forwarded: "6.6.6.6, 198.51.100.7", Time: at},
	}, entries(t, accesslog.Options{}, cloudFront))
	require.Equal(t, []accesslog.Entry{
		{Remote: "10.0.0.1", Forwarded: "6.6.6.6, 203.0.113.9", Time: at}, {Remote: "10.0.0.2", Time: at},
	}, entries(t, accesslog.Options{}, iis))
	require.Empty(t, entries(t, accesslog.Options{Format: "combined"}, iis), "another format was asked for")
	require.Empty(t, entries(t, accesslog.Options{}, "#Version: 1.0\n2015-05-17 10:05:03 10.0.0.1\n"), "nobody says what is where")
	require.Empty(t, entries(t, accesslog.Options{}, "#Fields: date time s-ip\n2015-05-17 10:05:03 10.0.0.1\n"), "nobody says who asked")

	list, err := records(strings.NewReader("#Fields: c-ip\n10.0.0.1\n#Fields: date\n\n# no directive\n10.0.0.2"))
	require.NoError(t, err)
	require.Equal(t, []record{{2, "10.0.0.1"}, {5, "# no directive"}, {6, "10.0.0.2"}}, list)
}

// A log is read as it was before it was compressed, whatever it is called.
func TestCompressedLogs(t *testing.T) {
	for name, pack := range map[string]func(io.Writer) io.WriteCloser{
		"gzip": func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"zstd": func(w io.Writer) io.WriteCloser {
			z, err := zstd.NewWriter(w)
			require.NoError(t, err)
			return z
		},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			for range 2 { // archives can be joined
				z := pack(&log)
				_, err := io.WriteString(z, "192.0.2.7"+tail+"\n")
				require.NoError(t, err)
				require.NoError(t, z.Close())
			}
			require.Equal(t, []accesslog.Entry{{Remote: "192.0.2.7", Time: at}, {Remote: "192.0.2.7", Time: at}}, entries(t, accesslog.Options{}, log.String()))
			_, err := records(bytes.NewReader(log.Bytes()[:log.Len()-5]))
			require.Error(t, err, "it was cut off")
		})
	}
}
