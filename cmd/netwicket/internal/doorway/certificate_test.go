package doorway_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway/doorwaytest"
	"github.com/netwicket/netwicket/internal/files"
)

func TestCertificateThatDoesNotLoad(t *testing.T) {
	folder := t.TempDir()
	cert, key := doorwaytest.WriteCertificate(t, folder, 1)
	other, _ := doorwaytest.WriteCertificate(t, t.TempDir(), 2)
	for name, pair := range map[string][2]string{
		"missing": {filepath.Join(folder, "nothing.pem"), key}, "swapped": {key, cert}, "of another key": {other, key},
	} {
		_, err := doorway.NewCertificate(files.File{Path: pair[0]}, files.File{Path: pair[1]}).Read()
		require.ErrorContains(t, err, fmt.Sprintf("certificate %s with key %s", pair[0], pair[1]), name)
	}
}

// TestCertificateIsServed by TLS 1.2 and newer, also in a process that would let Go
// speak older ones, and not before it is applied.
func TestCertificateIsServed(t *testing.T) {
	t.Setenv("GODEBUG", "tls10server=1")
	cert, key := doorwaytest.WriteCertificate(t, t.TempDir(), 7)
	certificate := doorway.NewCertificate(files.File{Path: cert}, files.File{Path: key})
	serial := func(version uint16) (string, error) {
		ours, theirs := net.Pipe()
		defer ours.Close()
		defer theirs.Close()
		go func() { _ = tls.Server(theirs, certificate.Config()).Handshake() }()
		client := tls.Client(ours, &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version})
		if err := client.Handshake(); err != nil {
			return "", err
		}
		return client.ConnectionState().PeerCertificates[0].SerialNumber.String(), nil
	}
	apply, err := certificate.Read()
	require.NoError(t, err)
	_, err = serial(tls.VersionTLS13)
	require.Error(t, err, "it is not applied yet")
	apply()
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		got, err := serial(version)
		require.NoError(t, err)
		require.Equal(t, "7", got)
	}
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11} {
		_, err = serial(version)
		require.ErrorContains(t, err, "protocol version", tls.VersionName(version))
	}
}
