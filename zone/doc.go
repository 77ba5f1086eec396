// Package zone reads the documents that decide who may come in, and says
// everything that is wrong with them at once: Okta network zones, policy rules
// and ThreatInsight settings, SailPoint network configurations and
// authentication profiles, address lists, and netwicket's own overlays.
//
// It is pure: bytes in, values out; no files, no network, no clock, no geo
// data. What a single zone, rule, reference or entry is good for is a method of
// its own, such as [Zone.Usable], [Rule.Label] and [OverlayEntry.InForce]; what
// the documents mean together is settled by package decide. The rules and their
// sources are listed in docs/semantics.md.
//
// # Findings
//
// Every Parse function returns all errors of a document as one [Findings], in
// document order, each with file, line, column, JSON pointer, offending value
// and what was expected. Warnings are in the value, also beside an error; apart
// from them a value beside an error is incomplete and must not be used. What is
// wrong with an INACTIVE zone or rule is a warning, since it harms nobody until
// it is activated. A document with more than 10,000 findings ends in one more
// that says so.
//
// # Codes
//
// The Code of a finding is stable; its text is not.
//
//	any document      bad-json bad-encoding duplicate-key too-deep too-large
//	                  bad-type unknown-key missing-value too-many-findings
//	                  wrong-document
//	networks          bad-address bad-cidr bad-range everything host-bits
//	                  wide-network
//	zones             missing-type unknown-type missing-name duplicate-id
//	                  duplicate-name unknown-status unknown-usage ignored-member
//	                  second-exempt-zone wrong-shape empty-zone
//	                  unknown-constraint over-limit first-page
//	                  too-many-zones
//	IP zones          missing-entry-type unknown-entry-type ignored-proxies
//	                  open-proxies
//	dynamic zones     missing-country bad-country not-iso-country bad-region
//	                  duplicate-location overlapping-locations bad-asn
//	                  unknown-category unknown-proxy-type
//	rules             not-access-rule bad-access bad-priority same-priority
//	                  unknown-connection include-exclude ignored-zones
//	                  all-zones-not-alone narrowed-rule too-many-rules
//	                  too-many-references
//	ThreatInsight     missing-action unknown-action
//	SailPoint         too-many-entries bare-mask range-not-blocked
//	                  empty-allow-list
//	lists             line-too-long no-networks not-a-list bad-shape
//	                  reserved-in-feed
//	overlays          missing-network bad-time missing-why
//
// # Text
//
// Values keep the text they were read from: a parsed zone, zone document, rule
// set or network configuration marshals to exactly the bytes it was given, and
// addresses and country codes keep their spelling beside the normal form.
//
// # Concurrency
//
// Parse functions share nothing and copy their input. Values are not changed
// after parsing and are safe for concurrent use.
package zone
