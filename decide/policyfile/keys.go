package policyfile

import (
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// key is one key of the policy file. The reader goes by these, and tests hold
// docs/policy-file.md and docs/policy-file.schema.json to them, so that nothing
// is read that is not described, and the other way round.
type key struct {
	name    string
	shape   shape
	words   []string // of a word, the first is the default; or those that a list may hold
	initial string   // the default as JSON; empty if leaving the key out says something else than any value
	example string   // a value as JSON
	about   string   // what it means
	keys    []key    // of an object
	read    func(jsondoc.Node)
}

// shape is what the value of a key looks like.
type shape uint8

const (
	anObject shape = iota
	aText
	aPath
	aPathOrNone
	pathList
	aFlag
	aWord
	anAddress // host:port or unix:PATH to listen on
	anAddressOrNone
	addressList
	prefixList
	aSource
	headerList
	anAge
	aWait
	serviceLists // {"NAME": ["PATH"]}
	wordList     // of words
	aTenant      // https://host
	aTextOrNone
	textList
	aCount // a whole number
)

// keys are the keys of a policy file, with what reads them into f.
func (v *values) keys(f *file) []key {
	return []key{
		{
			name: "$schema", shape: aText, example: `"../docs/policy-file.schema.json"`, read: v.ignoredText,
			about: "where an editor finds the schema of this file; netwicket does not look at it",
		},
		{name: "okta", shape: anObject, keys: v.oktaKeys(f), read: v.part(f, nil), about: "Okta's documents"},
		{name: "sailpoint", shape: anObject, keys: v.sailPointKeys(f), read: v.part(f, nil), about: "SailPoint's documents"},
		{
			name: "geo", shape: pathList, initial: `[]`, example: `["geo/country.mmdb", "geo/overrides.csv"]`, read: v.part(f, v.references(&f.geo)),
			about: "databases (`.mmdb`), geofeeds (RFC 8805) and lists of corrections (`.csv`), or folders of them; what a later one says of an address wins",
		},
		{
			name: "services", shape: serviceLists, initial: `{}`, example: `{"NORD_VPN": ["feeds/nord-vpn.txt"]}`, read: v.part(f, func(node jsondoc.Node) { v.services(node, f) }),
			about: "lists of networks that offer an IP service, by the service's category as Okta writes it",
		},
		{
			name: "assumeNone", shape: wordList, words: geo.SortNames(), initial: `[]`, example: `["public_proxy", "residential_proxy"]`,
			read:  v.part(f, func(node jsondoc.Node) { v.sorts(node, f) }),
			about: "sorts of anonymizers that are taken for known to be none wherever no geo source states them. Without it a policy does not compile whose zones ask for a sort that no source tells of",
		},
		{
			name: "snapshot", shape: aPath, example: `"policy.nws"`, read: v.one(&f.snapshot),
			about: "a policy that `netwicket compile` wrote, in place of `okta`, `sailpoint`, `geo`, `services` and `assumeNone`, which are compiled into it and may not stand beside it",
		},
		v.fromKey(f),
		{
			name: "overlay", shape: aPath, example: `"overlay.json"`, read: v.one(&f.overlay),
			about: "emergency blocks and break-glass entries",
		},
		v.edgeKey(f),
		{
			name: "mode", shape: aWord, words: []string{"enforce", "observe"}, example: `"observe"`, read: v.setting(&f.mode, "enforce", "observe"),
			about: "whether `netwicket serve` turns denied requests away, or decides, logs and lets everything pass; a gateway of your own enforces unless its program says otherwise",
		},
		v.serveKey(f),
		v.pullKey(f),
	}
}

func (v *values) oktaKeys(f *file) []key {
	return []key{
		{
			name: "zones", shape: pathList, initial: `[]`, example: `["okta/zones.json"]`, read: v.references(&f.zones),
			about: "network zones (`GET /api/v1/zones`)",
		},
		{
			name: "rules", shape: pathList, initial: `[]`, example: `["okta/rules.json"]`, read: v.references(&f.rules),
			about: "rules, a file for each policy (`GET /api/v1/policies/{id}/rules`); every policy has to allow",
		},
		{
			name: "threatInsight", shape: aPath, example: `"okta/threat-insight.json"`, read: v.one(&f.threatInsight),
			about: "the ThreatInsight configuration (`GET /api/v1/threats/configuration`)",
		},
		{
			name: "threatFeeds", shape: pathList, initial: `[]`, example: `["feeds/threat.txt"]`, read: v.references(&f.threatFeeds),
			about: "lists of networks that ThreatInsight takes for suspicious, one network a line or [as they are published](semantics.md#address-8)",
		},
	}
}

func (v *values) sailPointKeys(f *file) []key {
	return []key{
		{
			name: "networkConfig", shape: aPath, example: `"sailpoint/network-config.json"`, read: v.one(&f.networkConfig),
			about: "the network configuration (`GET /auth-org/network-config`)",
		},
		{
			name: "authProfile", shape: aPath, example: `"sailpoint/auth-profile.json"`, read: v.one(&f.authProfile),
			about: "the authentication profile that says what is enforced (`GET /auth-profiles/{id}`)",
		},
		{
			name: "unknownCountry", shape: aWord, words: []string{"deny", "trust"}, example: `"trust"`, read: v.setting(&f.unknownCountry, "deny", "trust"),
			about: "what a client of unknown country is to a block list of countries",
		},
	}
}

func (v *values) edgeKey(f *file) key {
	e := &edgeReading{config: gate.Config{Source: gate.Peer}, onMissing: string(gate.Refuse), allTrusted: string(gate.Refuse)}
	return key{
		name: "edge", shape: anObject,
		about: "how the client's address is found behind proxies; `netwicket serve` needs one. Without it a server takes the peer, and `eval`, `explain`, `test` and `replay` take the peer and all of X-Forwarded-For",
		read:  func(node jsondoc.Node) { f.edge, f.edgeAt = e, node },
		keys: []key{
			{
				name: "trusted", shape: prefixList, initial: `[]`, example: `["10.0.0.0/8", "2001:db8::1", {"file": "cdn.txt"}]`, read: v.each(func(node jsondoc.Node) { v.trusted(e, node) }),
				about: "the proxies whose headers are believed: networks and addresses, and `{\"file\": PATH}` for a list of them, one a line or [as it is published](semantics.md#address-8), which is watched as other files are and must not be empty",
			},
			{
				name: "source", shape: aSource, initial: `"peer"`, example: `"x-forwarded-for"`, read: func(node jsondoc.Node) { v.source(&e.config.Source, node) },
				about: "where a trusted proxy names the client: `peer` (no header is read), `x-forwarded-for`, `forwarded`, `header:NAME`, or `hops:N` for the N-th element of X-Forwarded-For from the right",
			},
			{
				name: "onMissing", shape: aWord, words: []string{string(gate.Refuse), string(gate.UsePeer)}, example: `"peer"`, read: v.choice(&e.onMissing, string(gate.Refuse), string(gate.UsePeer)),
				about: "what a request is whose trusted proxy names no client: refused, or the proxy's own",
			},
			{
				name: "allTrusted", shape: aWord, words: []string{string(gate.Refuse), string(gate.UseLeftmost)}, example: `"leftmost"`, read: v.choice(&e.allTrusted, string(gate.Refuse), string(gate.UseLeftmost)),
				about: "what a request is in which every address is a trusted proxy: refused, or that of the leftmost one",
			},
			{
				name: "trustUnix", shape: aFlag, initial: `false`, example: `true`, read: v.flag(&e.config.TrustUnix),
				about: "whether a peer on a Unix socket is a trusted proxy",
			},
			{
				name: "allowTrustAll", shape: aFlag, initial: `false`, example: `true`, read: v.flag(&e.config.AllowTrustAll),
				about: "whether `trusted` may hold every address; whoever reaches the edge then chooses its own address",
			},
		},
	}
}

func (v *values) serveKey(f *file) key {
	s := &serveReading{serve: DefaultServe(), level: "info", addresses: "full"}
	return key{
		name: "serve", shape: anObject, about: "how `netwicket serve` runs",
		read: func(node jsondoc.Node) { f.serve, f.serveAt = v.checkedServe(s, node), node },
		keys: []key{
			{
				name: "listen", shape: anAddress, initial: `"127.0.0.1:9180"`, example: `"[::1]:9180"`, read: v.listen(&s.serve.Listen, false),
				about: "host and port to answer proxies on, or `unix:PATH`, a Unix socket for its owner and group (0660); its callers have no address and need `edge.trustUnix`",
			},
			{
				name: "metrics", shape: anAddressOrNone, initial: `""`, example: `"127.0.0.1:9181"`, read: v.listen(&s.serve.Metrics, true),
				about: "host and port, or `unix:PATH`, for metrics and health; empty: those of `listen`",
			},
			{
				name: "grpc", shape: anAddressOrNone, initial: `""`, example: `"127.0.0.1:9191"`, read: v.listen(&s.serve.GRPC, true),
				about: "host and port, or `unix:PATH`, to answer Envoy's `ext_authz` on over gRPC, beside `listen`; empty: nowhere",
			},
			{
				name: "tlsCert", shape: aPathOrNone, initial: `""`, example: `"tls/cert.pem"`, read: v.optionalPath(&s.serve.TLSCert),
				about: "the certificate, as PEM; empty: no TLS. It goes together with `tlsKey`",
			},
			{
				name: "tlsKey", shape: aPathOrNone, initial: `""`, example: `"tls/key.pem"`, read: v.optionalPath(&s.serve.TLSKey),
				about: "the certificate's private key, as PEM",
			},
			{
				name: "proxyProtocol", shape: aFlag, initial: `false`, example: `true`, read: v.flag(&s.serve.ProxyProtocol),
				about: "whether connections begin with a PROXY protocol header",
			},
			{
				name: "reasonHeader", shape: aFlag, initial: `false`, example: `true`, read: v.flag(&s.serve.ReasonHeader),
				about: "whether answers say why in the header X-Netwicket-Reason",
			},
			{
				name: "answerHeaders", shape: wordList, words: answerWords(), initial: `[]`, example: `["client", "zones"]`, read: v.answerHeaders(&s.serve.AnswerHeaders),
				about: "what an answer that lets a request pass says of it in headers X-Netwicket-Client, -Country, -Asn and -Zones, for an application behind the proxy; the proxy has to overwrite what its client sends in them",
			},
			{
				name: "logHeaders", shape: headerList, initial: `[]`, example: `["X-Request-Id"]`, read: v.headers(&s.serve.LogHeaders),
				about: "headers of the question that log lines of decisions repeat, quoted and cut to 64 bytes",
			},
			{
				name: "guard", shape: addressList, initial: `[]`, example: `["203.0.113.9"]`, read: v.each(v.address(&s.serve.Guard)),
				about: "addresses that a policy must not deny to be put in force by a reload",
			},
			{
				name: "maxAge", shape: anAge, initial: `""`, example: `"30d"`, read: v.age(&s.serve.MaxAge),
				about: "from which age of a database the service is not ready: hours (`720h`) or days (`30d`); empty: any age will do",
			},
			{
				name: "drain", shape: aWait, initial: `"0s"`, example: `"5s"`, read: v.wait(&s.serve.Drain),
				about: "for how long a service that is told to end says on `/readyz` that it is not ready, and goes on deciding, before it closes",
			},
			{
				name: "loadTimeout", shape: anAge, initial: `"60s"`, example: `"5m"`, read: v.age(&s.serve.LoadTimeout),
				about: "how long the files may take to load before that is given up, because a mount does not answer for instance; the policy in force stays, and the service is not ready",
			},
			{
				name: "logLevel", shape: aWord, words: []string{"info", "debug", "warn", "error"}, example: `"warn"`, read: v.choice(&s.level, "info", "debug", "warn", "error"),
				about: "from which level on log lines are written",
			},
			{
				name: "logAddresses", shape: aWord, words: []string{"full", "network"}, example: `"network"`, read: v.choice(&s.addresses, "full", "network"),
				about: "whether logged addresses are whole, or cut to their /24 or /48",
			},
		},
	}
}

func (v *values) pullKey(f *file) key {
	p := &Pull{}
	return key{
		name: "pull", shape: anObject, about: "what `netwicket pull` asks, where its flags do not say it; secrets come from the environment and never stand here",
		read: func(node jsondoc.Node) { f.pull, f.pullAt = p, node },
		keys: []key{
			{
				name: "okta", shape: anObject, about: "the tenant of Okta's",
				keys: []key{
					{
						name: "url", shape: aTenant, initial: `""`, example: `"https://acme.okta.com"`, read: v.tenant(&p.Okta.URL),
						about: "its address, as `--okta`; empty: Okta is not asked",
					},
					{
						name: "policies", shape: textList, initial: `[]`, example: `["Default Policy", "00p1abcdEFGHijkl0h7"]`, read: v.texts(&p.Okta.Policies),
						about: "ids or names of the policies that are enforced, as `--policy`; none: every ACTIVE one that has rules",
					},
				},
			},
			{
				name: "sailpoint", shape: anObject, about: "the tenant of SailPoint's",
				keys: []key{
					{
						name: "url", shape: aTenant, initial: `""`, example: `"https://acme.api.identitynow.com"`, read: v.tenant(&p.SailPoint.URL),
						about: "its address, as `--sailpoint`; empty: SailPoint is not asked",
					},
					{
						name: "profile", shape: aTextOrNone, initial: `""`, example: `"2c91808a7813090a017813b6301f1234"`, read: v.optionalText(&p.SailPoint.Profile),
						about: "id of the authentication profile, as `--profile`; empty: none is asked for, and one that is named stays",
					},
				},
			},
		},
	}
}
