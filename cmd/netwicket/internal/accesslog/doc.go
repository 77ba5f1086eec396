// Package accesslog reads the records of access logs: who asked, through which
// proxies, and when. It never decides and never guesses: what is no record is an
// error, and which part of a line is which is settled by its place alone.
//
// # Common and combined
//
// The formats of Apache and nginx, as they write them by default:
//
//	HEAD IDENT USER [TIME] "REQUEST" STATUS SIZE "REFERRER" "AGENT" "FORWARDED"
//
// From the referrer on, everything may be missing in the common format, and the
// combined one needs the referrer's opening quote. A field behind the agent, if
// it is quoted, is X-Forwarded-For, as in nginx's main format; "-" is none. What
// follows is left alone. A line that was cut off behind the size is read.
//
// HEAD is the peer, and what people put in front of it:
//
//	192.0.2.7                               the peer
//	203.0.113.9, 10.0.0.2, 10.0.0.1         X-Forwarded-For and the peer behind its last comma, as nginx's
//	                                        $proxy_add_x_forwarded_for
//	"203.0.113.9, 10.0.0.2" 10.0.0.1        X-Forwarded-For, quoted or not, and the peer
//	- 10.0.0.1                              no X-Forwarded-For, and the peer
//	example.com:80 192.0.2.7                a virtual host, left out, and any of the above
//
// A single address in front of the peer is taken for X-Forwarded-For, not for a
// host: that is the side on which an error denies. A host name in the peer's place,
// which a server with name look-ups on writes, is no address and is denied.
//
// # JSON lines
//
// One object a line, or objects in an array or spread over several lines. Fields
// are named by the path of their keys with dots between them, such as
// request.remote_ip. Without names the fields that nginx configurations, Caddy,
// Traefik, the Elastic Common Schema and Cloudflare use are looked for.
//
// # Okta System Log
//
// Events as GET /api/v1/logs answers them. request.ipChain is the chain, the
// client first and the nearest proxy last
// (https://developer.okta.com/docs/api/openapi/okta-management/management/tag/SystemLog/);
// client.ipAddress stands in for an empty one.
//
// # A regular expression
//
// The groups named peer, xff, addr and time, as the fields of JSON lines:
// peer is the connecting peer, xff X-Forwarded-For ("-" and "" are none), addr
// the client's address as somebody has resolved it already, a chain of one.
package accesslog
