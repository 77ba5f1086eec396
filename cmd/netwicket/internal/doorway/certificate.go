package doorway

import (
	"crypto/tls"
	"fmt"
	"sync/atomic"

	"github.com/netwicket/netwicket/internal/files"
)

// Certificate is a certificate and its key in files that may be replaced. Safe
// for concurrent use.
type Certificate struct {
	cert, key files.File
	current   atomic.Pointer[tls.Certificate]
}

// NewCertificate has read nothing yet.
func NewCertificate(cert, key files.File) *Certificate {
	return &Certificate{cert: cert, key: key}
}

// Read reads the files. The certificate is in force once it is applied; until then
// it stays as it was, also if the files do not load.
func (c *Certificate) Read() (apply func(), err error) {
	pair, err := c.read()
	if err != nil {
		return nil, fmt.Errorf("certificate %s with key %s: %w", c.cert.Path, c.key.Path, err)
	}
	return func() { c.current.Store(&pair) }, nil
}

func (c *Certificate) read() (tls.Certificate, error) {
	cert, err := c.cert.Read(files.CertificateLimit)
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := c.key.Read(files.CertificateLimit)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(cert, key)
}

// Config serves with the certificate that was applied last.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return c.current.Load(), nil
		},
	}
}
