// Package okta serves Okta's management API for what decides from which networks
// people may sign in: network zones, the ThreatInsight configuration, policies
// with their rules, and the little that Okta's clients ask beside these.
//
// Clients decide by status and error code alone. Texts that are known from Okta
// are Okta's to the letter; what Okta is silent about is our choice, on the safe
// side (docs/admin.md).
//
// # The files
//
// okta.go has the routes, errors.go how failures are worded; zones.go what can be
// done with zones, zonebody.go what a request may say of one, zonerules.go what a
// zone may be among others; list.go paging, filter.go the filter; threat.go
// ThreatInsight; policies.go, rules.go and priorities.go policies and their rules.
package okta
