package main

import (
	"encoding/base64"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/ocistore"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/publish"
	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/internal/files"
)

// Which flags of publish go together, at the edge of each rule.
func TestPublishFlagsAtTheirEdges(t *testing.T) {
	good := publishFlags{to: "public", channel: "prod", keys: []string{"k"}, expires: time.Second}
	paths := []string{"a.nws"}
	for _, row := range []struct {
		paths  []string
		change func(*publishFlags)
		want   string // empty: they do
	}{
		{paths, func(*publishFlags) {}, ""},
		{paths, func(f *publishFlags) { f.expires = time.Second - 1 }, "--expires 999.999999ms: expected a duration"},
		{nil, func(f *publishFlags) { f.renew = true }, ""},
		{nil, func(f *publishFlags) { f.renew, f.overlay = true, "o" }, "--renew publishes what is published"},
		{paths, func(f *publishFlags) { f.renew = true }, "--renew publishes what is published"},
		{nil, func(f *publishFlags) { f.renew, f.signatures = true, []string{"s"} }, "--renew and --signature do not go together"},
		{nil, func(f *publishFlags) { f.signatures, f.payloadOut = []string{"s"}, "p" }, ""},
		{paths, func(f *publishFlags) { f.signatures, f.payloadOut, f.keys = []string{"s"}, "p", nil }, ""},
		{paths, func(f *publishFlags) { f.signatures = []string{"s"} }, "--signature: name what was signed with --payload-out"},
		{paths, func(f *publishFlags) { f.payloadOut = "p" }, "--payload-out publishes nothing yet"},
		{paths, func(f *publishFlags) { f.payloadOut, f.keys = "p", nil }, ""},
		{nil, func(f *publishFlags) { f.renew, f.payloadOut, f.keys = true, "p", nil }, ""},
		{paths, func(f *publishFlags) { f.keys = nil }, "--key is missing"},
		{nil, func(*publishFlags) {}, "nothing to publish"},
		{paths, func(f *publishFlags) { f.channel = "a/b" }, "expected up to 63"},
	} {
		flags := good
		row.change(&flags)
		if err := flags.check(row.paths); row.want == "" {
			require.NoError(t, err, "%+v", flags)
		} else {
			require.ErrorContains(t, err, row.want)
		}
	}
}

// Where releases go, which versions there are, and what of keys and signatures cannot be read.
func TestPublishReadsWhatItIsGiven(t *testing.T) {
	publisher(t)
	c := &commandLine{within: "."}
	target, err := c.publishTarget(publishFlags{to: "public", channel: "prod"})
	require.NoError(t, err)
	require.Equal(t, &publish.Folder{Path: "public", Channel: "prod", Within: "."}, target)
	target, err = c.publishTarget(publishFlags{to: "oci://registry.example/policies", channel: "prod"})
	require.NoError(t, err)
	require.IsType(t, &ocistore.Registry{}, target)
	_, err = c.publishTarget(publishFlags{to: "oci://", channel: "prod"})
	require.ErrorContains(t, err, "--to: ")
	_, err = c.publishTarget(publishFlags{to: "s3://bucket", channel: "prod"})
	require.ErrorContains(t, err, `--to "s3://bucket": s3:// cannot be published to`)
	for version, want := range map[string]uint64{"next": 0, "1": 1, strconv.FormatUint(release.MaxVersion, 10): release.MaxVersion} {
		r, err := c.newRelease(publishFlags{version: version}, nil)
		require.NoError(t, err, version)
		require.Equal(t, want, r.Version)
	}
	for _, version := range []string{"0", "-1", "x", "0x1", "1.0", strconv.FormatUint(release.MaxVersion+1, 10), "99999999999999999999"} {
		_, err := c.newRelease(publishFlags{version: version}, nil)
		require.ErrorContains(t, err, "--version "+strconv.Quote(version)+": expected next or a number from 1 on")
	}
	writeFile(t, "raw", strings.Repeat("s", 64))
	writeFile(t, "coded", " "+base64.StdEncoding.EncodeToString([]byte(strings.Repeat("s", 64)))+"\n")
	writeFile(t, "brief", base64.StdEncoding.EncodeToString([]byte("s")))
	writeFile(t, "text.nws", "no snapshot")
	writeFile(t, "garbled", base64.StdEncoding.EncodeToString([]byte(strings.Repeat("s", 64)))+"!!")
	for _, name := range []string{"raw", "coded"} {
		got, err := c.signatures([]string{"id=" + name})
		require.NoError(t, err, name)
		require.Equal(t, []release.Signature{{KeyID: "id", Bytes: []byte(strings.Repeat("s", 64))}}, got)
	}
	for flags, want := range map[string]string{
		"--trust absent": "--trust absent: no such file", "--trust text.nws": "--trust text.nws: ", "--key text.nws": "--key text.nws: ",
		"--payload-out message --signature id=absent": "--payload-out message: no such file", "--payload-out first.nws --signature id=absent": "--signature absent: no such file",
		"--payload-out first.nws --signature id=brief": "--signature brief: expected 64 bytes, or their base64", "--payload-out first.nws --signature id=text.nws": "--signature text.nws: expected 64 bytes",
		"--overlay absent": "--overlay absent: no such file", "--payload-out first.nws --signature id=garbled": "--signature garbled: expected 64 bytes",
		"--payload-out first.nws --signature id=raw --trust absent": "--trust absent: no such file",
	} {
		args := "publish --to public --channel prod first.nws " + flags
		if !strings.Contains(flags, "--payload-out") {
			args += " --key release"
		}
		got := at(t, thatNoon, words(args)...)
		require.Equal(t, 1, got.code, flags)
		require.Contains(t, got.stderr, want, flags)
		require.NoDirExists(t, "public")
	}
	for name, want := range map[string]string{"text.nws": "text.nws: 1:1: ", "absent.nws": "absent.nws: no such file"} {
		got := publishing(t, name)
		require.Equal(t, 1, got.code)
		require.Contains(t, got.stderr, want)
	}
	require.Equal(t, 1, at(t, thatNoon, words("publish --to public --channel prod --payload-out none/message first.nws")...).code)
}

// A file that is larger than what is asked for can be is not read.
func TestPublishReadsNoMoreThanItTakes(t *testing.T) {
	publisher(t)
	for args, limit := range map[string]int64{
		"--key release large": release.SnapshotLimit, "--key release first.nws --overlay large": release.OverlayLimit, "--key large first.nws": files.CertificateLimit,
		"--key release first.nws --trust large": files.CertificateLimit, "--payload-out large --signature id=first.nws": release.PointerLimit,
	} {
		writeFile(t, "large", "")
		require.NoError(t, os.Truncate("large", limit+1))
		got := at(t, thatNoon, words("publish --to public --channel prod "+args)...)
		require.Equal(t, 1, got.code, args)
		require.Contains(t, got.stderr, "large: it is larger than the limit", args)
	}
}
