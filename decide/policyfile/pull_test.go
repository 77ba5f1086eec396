package policyfile_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/policyfile"
)

// The address of a tenant is one that no token is read from on the way to it.
func TestParseTenant(t *testing.T) {
	const (
		form   = "expected an address such as https://acme.okta.com"
		secret = "expected an address without a name and a password: secrets come from the environment"
		scheme = "expected an address that begins with https://"
		path   = form + ", without a path"
		plain  = scheme + ": anybody on the way could read the token; http is for this machine's own addresses alone"
	)
	for text, want := range map[string]string{
		"https://acme.okta.com": "", "https://acme.okta.com/": "", "https://acme.okta.com:8443": "", "http://127.0.0.1:8080": "", "http://[::1]:8080": "",
		"http://[::ffff:127.0.0.1]": "", "http://localhost": "", "http://LocalHost:1": "",
		"https://acme okta": form, "https://%zz": form,
		"https://me:secret@acme.okta.com": secret, "http://me@localhost": secret,
		"ftp://acme.okta.com": scheme, "acme.okta.com": scheme, "": scheme,
		"https://": path, "https:acme.okta.com": path, "https://acme.okta.com/api": path, "https://acme.okta.com?x=1": path, "https://acme.okta.com#x": path, "https://:8443": path,
		"http://acme.okta.com": plain, "http://10.0.0.1": plain, "http://localhost.okta.com": plain,
	} {
		address, err := policyfile.ParseTenant(text)
		if want == "" {
			require.NoError(t, err, text)
			require.Empty(t, address.Path, text)
			continue
		}
		require.EqualError(t, err, want, text)
	}
}

// What pull asks is read without what the policy is made of.
func TestLoadPull(t *testing.T) {
	folder(t, map[string]string{"netwicket.json": `{"okta":{"zones":["absent.json"]},"pull":{"okta":{"url":"https://acme.okta.com","policies":["p"]}}}`, "bad.json": `{"geo":[],"pull":1}`})
	pull, err := policyfile.LoadPull(policyfile.Options{})
	require.NoError(t, err)
	require.Equal(t, "https://acme.okta.com", pull.Okta.URL)
	require.Equal(t, []string{"p"}, pull.Okta.Policies)
	_, err = policyfile.LoadPull(policyfile.Options{Paths: []string{"bad.json"}})
	require.ErrorContains(t, err, "bad.json:1:18")
}
