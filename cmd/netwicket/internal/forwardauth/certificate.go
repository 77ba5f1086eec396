package forwardauth

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

// LoadCertificate reads the files, now and whenever it is reloaded.
func LoadCertificate(cert, key files.File) (*Certificate, error) {
	c := &Certificate{cert: cert, key: key}
	if err := c.Reload(); err != nil {
		return nil, err
	}
	return c, nil
}

// Reload reads the files again. If they do not load, the certificate stays as it was.
func (c *Certificate) Reload() error {
	pair, err := c.read()
	if err != nil {
		return fmt.Errorf("certificate %s with key %s: %w", c.cert.Path, c.key.Path, err)
	}
	c.current.Store(&pair)
	return nil
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

// Config serves with the certificate that was read last.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return c.current.Load(), nil
		},
	}
}
