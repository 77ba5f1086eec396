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
// which a server with name look-ups on writes, is no address and is denied. An
// address in front of a name is no record: it may be the peer and its virtual
// host. Nor is a line, of whatever format, with something in the peer's place that
// is neither an address nor a name.
//
// # HAProxy, Envoy, Istio, load balancers
//
// HAProxy's option httplog, the default formats of Envoy and Istio, and the logs
// of Amazon's Application and Classic Load Balancers. HAProxy's captured headers
// have no names: to read X-Forwarded-For among them takes a regular expression.
//
// # W3C extended logs
//
// CloudFront and IIS write them: a line that begins with #Fields: says what the
// fields of the lines behind it are. The peer is c-ip, X-Forwarded-For is
// x-forwarded-for or cs(X-Forwarded-For).
//
// # JSON lines
//
// One object a line, or objects in an array or spread over several lines. Fields
// are named by the path of their keys with dots between them, such as
// request.remote_ip. Without names the fields that nginx configurations, Caddy,
// Traefik, Envoy, Istio, the Elastic Common Schema, Front Door and Cloudflare use
// are looked for. Where a record has the peer or the whole chain, no field counts
// that its writer derived from X-Forwarded-For, in which a client writes:
// Traefik's ClientHost, Envoy's downstream_remote_address, Filebeat's source.ip,
// remote_addr behind nginx's realip module.
//
// # What stands around a record
//
// The prefix of a Kubernetes container runtime, the time that docker logs -t puts
// in front, and a syslog header are left out where the log's first line has one.
// An object that has no address is looked into: Docker, Fluent Bit, Filebeat,
// CloudWatch and Splunk put a program's line into one.
//
// # Okta System Log
//
// Events as GET /api/v1/logs answers them. request.ipChain is the chain, the
// client first and the nearest proxy last
// (https://developer.okta.com/docs/api/openapi/okta-management/management/tag/SystemLog/);
// client.ipAddress stands in for an empty one. EventBridge's detail, Splunk's _raw and
// result, and the events of a hook's data are found inside.
//
// # A regular expression
//
// The groups named peer, xff, addr and time, as the fields of JSON lines:
// peer is the connecting peer, xff X-Forwarded-For ("-" and "" are none), addr
// the client's address as somebody has resolved it already, a chain of one.
// Package pattern finds them, as package regexp would.
package accesslog
