package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// server serves a folder over HTTPS.
type server struct {
	name, url   string
	certificate string // its file, for those who trust it
	stop        func()
}

// serve is nginx where it is installed, with its usual settings, else this program.
func serve(folder string) (*server, error) {
	certificate, key := filepath.Join(folder, "..", "server.pem"), filepath.Join(folder, "..", "server.key")
	if err := writeCertificate(certificate, key); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{name: "net/http in the same process", url: fmt.Sprintf("https://%s/", listener.Addr()), certificate: certificate}
	program, err := exec.LookPath("nginx")
	if err != nil {
		own := &http.Server{Handler: http.FileServer(http.Dir(folder)), ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
		go func() { _ = own.ServeTLS(listener, certificate, key) }()
		s.stop = func() { _ = own.Close() }
		return s, nil
	}
	if err := listener.Close(); err != nil {
		return nil, err
	}
	version, err := exec.Command(program, "-v").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("nginx -v: %w", err)
	}
	s.name = strings.TrimSpace(strings.TrimPrefix(string(version), "nginx version: "))
	return s, s.nginx(program, listener.Addr().String(), folder, key)
}

// nginx runs it in the foreground until stop.
func (s *server) nginx(program, address, folder, key string) error {
	prefix := filepath.Join(folder, "..")
	configuration := filepath.Join(prefix, "nginx.conf")
	user := ""
	if os.Getuid() == 0 {
		user = "user root;\n"
	}
	text := fmt.Sprintf(`%sdaemon off; pid nginx.pid; error_log stderr warn; worker_processes 1;
events { worker_connections 8192; }
http { access_log off; sendfile on; types { application/json json; }
 server { listen %s ssl backlog=4096; ssl_certificate %s; ssl_certificate_key %s; root %s; } }
`, user, address, s.certificate, key, folder)
	if err := os.WriteFile(configuration, []byte(text), 0o600); err != nil {
		return err
	}
	running := exec.Command(program, "-p", prefix, "-c", configuration)
	running.Stderr = os.Stderr
	if err := running.Start(); err != nil {
		return err
	}
	s.stop = func() {
		_ = running.Process.Signal(os.Interrupt)
		_ = running.Wait()
	}
	for range 500 {
		if connection, err := net.Dial("tcp", address); err == nil {
			return connection.Close()
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.stop()
	return errors.New("nginx does not listen")
}

func writeCertificate(certificate, key string) error {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return err
	}
	packed, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	if err := os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}), 0o600); err != nil {
		return err
	}
	return os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: packed}), 0o600)
}
