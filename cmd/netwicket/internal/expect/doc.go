// Package expect reads expectations about a policy, holds decisions against
// them, writes them anew where they are to follow the policy, and says which
// parts of a policy no expectation touched.
//
//	[{"name": "the office is in",
//	  "remote": "10.0.0.1:4711", "headers": [["X-Forwarded-For", "192.0.2.7"]],
//	  "want": {"decision": "allow", "reason": "permitted", "client": "192.0.2.7"}}]
//
// remote and headers are a request as the command line takes it. Of want, what is
// given is compared; a client of null is one that cannot be resolved.
package expect
