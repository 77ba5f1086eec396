module github.com/netwicket/netwicket/cmd/netwicket/internal/e2e/clients/oktav2

go 1.26.0

require github.com/okta/okta-sdk-golang/v2 v2.20.0

require (
	github.com/BurntSushi/toml v1.1.0 // indirect
	github.com/cenkalti/backoff/v4 v4.1.3 // indirect
	github.com/go-jose/go-jose/v3 v3.0.0 // indirect
	github.com/kelseyhightower/envconfig v1.4.0 // indirect
	github.com/patrickmn/go-cache v0.0.0-20180815053127-5633e0862627 // indirect
	golang.org/x/crypto v0.0.0-20220525230936-793ad666bf5e // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)
