package packed_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/packed"
)

func zipped(t *testing.T, content []byte) string {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(content)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.String()
}

func archive(t *testing.T) []byte {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	require.NoError(t, w.WriteHeader(&tar.Header{Name: "GeoLite2-Country.mmdb", Size: 1, Mode: 0o644}))
	_, err := w.Write([]byte("x"))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

func TestCheck(t *testing.T) {
	for _, row := range []struct{ name, file, head, what, command string }{
		{"gzip", "a/zones.json.gz", zipped(t, []byte("[]")), "compressed with gzip", "gunzip -k a/zones.json.gz"},
		{"gzip under another name", "zones.json", zipped(t, []byte("[]")), "compressed with gzip", "gunzip < zones.json > zones.json.unpacked"},
		{"gzip, cut off", "z.gz", "\x1f\x8b\x08", "compressed with gzip", "gunzip -k z.gz"},
		{"tar.gz", "GeoLite2.tar.gz", zipped(t, archive(t)), "a tar archive compressed with gzip", "tar -xzf GeoLite2.tar.gz"},
		{"tar.gz under another name", "country.mmdb", zipped(t, archive(t)), "a tar archive compressed with gzip", "tar -xzf country.mmdb"},
		{"tar", "geo.tar", string(archive(t)), "a tar archive", "tar -xf geo.tar"},
		{"tar, cut off behind its mark", "geo.tar", string(archive(t)[:262]), "a tar archive", "tar -xf geo.tar"},
		{"zstd", "feed.zst", "\x28\xb5\x2f\xfd\x24", "compressed with zstd", "unzstd -k feed.zst"},
		{"xz", "feed.txt", "\xfd7zXZ\x00\x00", "compressed with xz", "unxz < feed.txt > feed.txt.unpacked"},
		{"bzip2", "feed.bz2", "BZh91AY&SY\x00", "compressed with bzip2", "bunzip2 -k feed.bz2"},
		{"bzip2 under another name", "feed.txt", "BZh91AY&SY\x00", "compressed with bzip2", "bunzip2 < feed.txt > feed.txt.unpacked"},
		{"LZ4", "feed.lz4", "\x04\x22\x4d\x18", "compressed with LZ4", "unlz4 -k feed.lz4"},
		{"zip", "zones.zip", "PK\x03\x04\x14", "a zip archive", "unzip zones.zip"},
		{"7-Zip", "zones.7z", "7z\xbc\xaf\x27\x1c\x00", "a 7-Zip archive", "7z x zones.7z"},
		{"UTF-16 with a mark", "z.json", "\xff\xfe[\x00]\x00", "a text in UTF-16", "iconv -f UTF-16 -t UTF-8 z.json > z.json.utf8"},
		{"UTF-16, big endian", "z.json", "\xfe\xff\x00[\x00]", "a text in UTF-16", "iconv -f UTF-16 -t UTF-8 z.json > z.json.utf8"},
		{"UTF-16 without a mark", "z.json", "[\x00]\x00", "a text in UTF-16", "iconv -f UTF-16LE -t UTF-8 z.json > z.json.utf8"},
		{"UTF-16 without a mark, big endian", "z.json", "\x00[\x00]", "a text in UTF-16", "iconv -f UTF-16BE -t UTF-8 z.json > z.json.utf8"},
		{"UTF-16 that begins with a line end", "z.json", "\n\x00\r\x00", "a text in UTF-16", "iconv -f UTF-16LE -t UTF-8 z.json > z.json.utf8"},
		{"UTF-16 that begins with spaces", "z.json", "\x00\t\x00 ", "a text in UTF-16", "iconv -f UTF-16BE -t UTF-8 z.json > z.json.utf8"},
		{"UTF-16 that begins with the last letter of ASCII", "z.json", "~\x00~\x00", "a text in UTF-16", "iconv -f UTF-16LE -t UTF-8 z.json > z.json.utf8"},
		{"UTF-32", "z.json", "\xff\xfe\x00\x00[\x00\x00\x00", "a text in UTF-32", "iconv -f UTF-32 -t UTF-8 z.json > z.json.utf8"},
		{"UTF-32, big endian", "z.json", "\x00\x00\xfe\xff\x00\x00\x00[", "a text in UTF-32", "iconv -f UTF-32 -t UTF-8 z.json > z.json.utf8"},
		{"a name for no shell", "my zones;rm -r.gz", "\x1f\x8b\x08", "compressed with gzip", "gunzip < FILE > FILE.unpacked"},
		{"standard input", "/dev/stdin", "\x1f\x8b\x08", "compressed with gzip", "gunzip < FILE > FILE.unpacked"},
		{"a name like a flag", "-rf.gz", "\x1f\x8b\x08", "compressed with gzip", "gunzip < FILE > FILE.unpacked"},
		{"a web page", "z.json", "\n <!DOCTYPE HTML><html>", "a web page (HTML)", "fetch the document itself"},
		{"a web page without a declaration", "z.json", "\ufeff<HTML lang=en>", "a web page (HTML)", "fetch the document itself"},
		{"a web page at the end of the head", "z.json", strings.Repeat(" ", packed.HeadSize-5) + "<html>", "a web page (HTML)", "fetch the document itself"},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := packed.Check(row.file, []byte(row.head))
			var what *packed.Error
			require.ErrorAs(t, err, &what)
			require.ErrorContains(t, err, "it is "+row.what)
			require.ErrorContains(t, err, row.command)
		})
	}
	for _, head := range []string{
		"", "[", "[]", "{}\n", "\ufeff{}", "1.2.3.4\n", "network,country", "# BZh", "BZh9", "PK", "<", "\x00", "\x00{}", "{\x00}", "\x00\x00\x01\x00", "\x00\x00\x00\x01",
		"-----BEGIN CERTIFICATE-----", string(make([]byte, 4096)),
		"BZh91AY&S", "BZh9 is no begin", "XZh91AY&SY", // of bzip2
		string(archive(t)[:261]),
		"\x01\x00a\x00", "a\x00\x01\x00", "\x7f\x00a\x00", "a\x00\x80\x00", "ab]\x00", "a\x00]a", "[\x00]", // of UTF-16
		"\x00\x01\x00a", "\x00a\x00\x01", "\x00aba", "aa\x00a", "\x00[\x00",
		strings.Repeat(" ", packed.HeadSize-4) + "<html>", // behind the head
	} {
		require.NoError(t, packed.Check("x", slices.Clip([]byte(head))), "%q", head)
	}
}
