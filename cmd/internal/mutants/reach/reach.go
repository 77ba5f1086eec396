// Package reach says whose tests can notice a fault of a package. Both lists of
// faults, the one written by hand and the one that a machine writes, ask here.
package reach

// Packages are the packages whose tests a fault of a package can reach: first its
// own, whose quick tests are tried alone, then those that import it.
var Packages = map[string][]string{
	"internal/jsondoc":         {"./internal/jsondoc", "./zone", "./decide/policyfile"},
	"zone":                     {"./zone", "./decide", "./decide/policyfile", "./cmd/netwicket/internal/lint"},
	"geo":                      {"./geo", "./decide", "./decide/policyfile"},
	"decide":                   {"./decide", "./decide/gate", "./decide/policyfile", "./cmd/netwicket"},
	"internal/iptable":         {"./internal/iptable", "./geo", "./decide"},
	"decide/internal/oracle":   {"./decide/internal/oracle", "./decide"},
	"decide/internal/snapfile": {"./decide"},
	"decide/gate":              {"./decide/gate", "./cmd/netwicket/internal/request", "./decide/policyfile", "./cmd/netwicket"},

	"decide/policyfile": {"./decide/policyfile", "./decide/keeper", "./cmd/netwicket"},
	"decide/release":    {"./decide/release", "./cmd/netwicket"},
	"decide/keeper":     {"./decide/keeper", "./cmd/netwicket/internal/watch", "./cmd/netwicket/internal/forwardauth"},

	"decide/gate/caddygate": {"./decide/gate/caddygate"},

	"internal/addrnum":  {"./internal/addrnum", "./internal/iptable", "./geo", "./decide"},
	"internal/netset":   {"./internal/netset", "./zone", "./geo", "./decide/policyfile"},
	"internal/files":    {"./internal/files", "./decide/policyfile", "./decide/keeper", "./cmd/netwicket/internal/watch", "./cmd/netwicket"},
	"internal/finding":  {"./internal/finding", "./zone", "./cmd/netwicket"},
	"internal/shown":    {"./internal/shown", "./internal/finding", "./cmd/netwicket"},
	"internal/parallel": {"./internal/parallel", "./geo"},
	"internal/packed":   {"./internal/packed", "./internal/jsondoc", "./geo", "./decide/policyfile"},
	"internal/mistaken": {"./internal/mistaken", "./zone", "./decide/policyfile"},

	"examples/fleet/carry":     {"./examples/fleet/carry", "./examples/fleet"},
	"examples/fleet/etcd":      {"./examples/fleet"},
	"examples/fleet/nats":      {"./examples/fleet"},
	"examples/fleet/configmap": {"./examples/fleet"},

	"cmd/netwicket":                          {"./cmd/netwicket", "./cmd/netwicket/internal/e2e"},
	"cmd/netwicket/internal/pattern":         {"./cmd/netwicket/internal/pattern", "./cmd/netwicket/internal/accesslog"},
	"cmd/netwicket/internal/accesslog":       {"./cmd/netwicket/internal/accesslog", "./cmd/netwicket/internal/replay", "./cmd/netwicket"},
	"cmd/netwicket/internal/admin":           {"./cmd/netwicket/internal/admin", "./cmd/netwicket"},
	"cmd/netwicket/internal/admin/callers":   {"./cmd/netwicket/internal/admin/callers", "./cmd/netwicket"},
	"cmd/netwicket/internal/admin/okta":      {"./cmd/netwicket/internal/admin/okta"},
	"cmd/netwicket/internal/admin/records":   {"./cmd/netwicket/internal/admin/records", "./cmd/netwicket/internal/admin/okta", "./cmd/netwicket/internal/admin/tenant"},
	"cmd/netwicket/internal/admin/sailpoint": {"./cmd/netwicket/internal/admin/sailpoint", "./cmd/netwicket"},
	"cmd/netwicket/internal/admin/tenant":    {"./cmd/netwicket/internal/admin/tenant", "./cmd/netwicket/internal/admin/okta"},
	"cmd/netwicket/internal/admin/wire":      {"./cmd/netwicket/internal/admin/wire", "./cmd/netwicket/internal/admin/okta"},
	"cmd/netwicket/internal/admission":       {"./cmd/netwicket/internal/admission", "./cmd/netwicket"},
	"cmd/netwicket/internal/annotate":        {"./cmd/netwicket/internal/annotate", "./cmd/netwicket"},
	"cmd/netwicket/internal/atomicfile":      {"./cmd/netwicket/internal/atomicfile", "./cmd/netwicket"},
	"cmd/netwicket/internal/docdiff":         {"./cmd/netwicket/internal/docdiff", "./cmd/netwicket"},
	"cmd/netwicket/internal/doctor":          {"./cmd/netwicket/internal/doctor", "./cmd/netwicket", "./cmd/netwicket/internal/e2e"},
	"cmd/netwicket/internal/doorway":         {"./cmd/netwicket/internal/doorway", "./cmd/netwicket/internal/forwardauth", "./cmd/netwicket/internal/admin"},
	"cmd/netwicket/internal/expect":          {"./cmd/netwicket/internal/expect", "./cmd/netwicket"},
	"cmd/netwicket/internal/export":          {"./cmd/netwicket/internal/export", "./cmd/netwicket"},
	"cmd/netwicket/internal/extauthz":        {"./cmd/netwicket/internal/extauthz", "./cmd/netwicket/internal/e2e"},
	"cmd/netwicket/internal/filter":          {"./cmd/netwicket/internal/filter", "./cmd/netwicket"},
	"cmd/netwicket/internal/folderlock":      {"./cmd/netwicket/internal/folderlock", "./cmd/netwicket/internal/admin/tenant"},
	"cmd/netwicket/internal/forwardauth":     {"./cmd/netwicket/internal/forwardauth", "./cmd/netwicket/internal/extauthz", "./cmd/netwicket", "./cmd/netwicket/internal/e2e"},
	"cmd/netwicket/internal/impact":          {"./cmd/netwicket/internal/impact", "./cmd/netwicket"},
	"cmd/netwicket/internal/lint":            {"./cmd/netwicket/internal/lint", "./cmd/netwicket"},
	"cmd/netwicket/internal/policyedit":      {"./cmd/netwicket/internal/policyedit", "./cmd/netwicket"},
	"cmd/netwicket/internal/manpages":        {"./cmd/netwicket/internal/manpages", "./cmd/netwicket"},
	"cmd/netwicket/internal/ocistore":        {"./cmd/netwicket/internal/ocistore", "./cmd/netwicket"},
	"cmd/netwicket/internal/publish":         {"./cmd/netwicket/internal/publish", "./cmd/netwicket"},
	"cmd/netwicket/internal/replay":          {"./cmd/netwicket/internal/replay", "./cmd/netwicket"},
	"cmd/netwicket/internal/request":         {"./cmd/netwicket/internal/request", "./cmd/netwicket"},
	"cmd/netwicket/internal/spacemap":        {"./cmd/netwicket/internal/spacemap", "./cmd/netwicket"},
	"cmd/netwicket/internal/watch":           {"./cmd/netwicket/internal/watch", "./cmd/netwicket"},

	"cmd/netwicket/internal/pull":             {"./cmd/netwicket/internal/pull", "./cmd/netwicket"},
	"cmd/netwicket/internal/pull/asking":      {"./cmd/netwicket/internal/pull/asking", "./cmd/netwicket"},
	"cmd/netwicket/internal/pull/credentials": {"./cmd/netwicket/internal/pull/credentials", "./cmd/netwicket"},
	"cmd/netwicket/internal/pull/generation":  {"./cmd/netwicket/internal/pull/generation", "./cmd/netwicket"},
}
