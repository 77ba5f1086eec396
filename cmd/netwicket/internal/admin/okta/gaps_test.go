package okta_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// openPolicies is a folder of policies without rules that came from elsewhere, each of a type
// and a priority.
func openPolicies(t testing.TB, policies ...string) *org {
	t.Helper()
	var list []string
	for i, p := range policies {
		kind, priority, _ := strings.Cut(p, " ")
		list = append(list, fmt.Sprintf(`{"id":"%s%02d","name":"%c","type":"%s","status":"ACTIVE","priority":%s,"system":null}`,
			map[string]string{"OKTA_SIGN_ON": "00p", "ACCESS_POLICY": "rst"}[kind], i, 'a'+i, kind, priority))
	}
	return openWith(t, map[string]string{"netwicket.json": `{"okta":{}}`, "okta/policies.json": "[" + strings.Join(list, ",") + "]"})
}

// listedPolicies are the names and priorities of a type's policies.
func (o *org) listedPolicies(kind string) string {
	o.t.Helper()
	return listed(o.must("GET", policies+"?type="+kind, "").list())
}

// Policies that have priorities with gaps keep them, until one gets another place: then all
// of the global session policies have theirs without gaps (P12).
func TestGapsOfPolicies(t *testing.T) {
	o := openPolicies(t, "OKTA_SIGN_ON 1", "OKTA_SIGN_ON 3", "OKTA_SIGN_ON 5", "ACCESS_POLICY 4", "ACCESS_POLICY 4", "ACCESS_POLICY 7")
	const all = "a 1, b 3, c 5, Default Policy 4, "
	require.Equal(t, all, o.listedPolicies("OKTA_SIGN_ON"))
	for _, same := range []string{"", `,"priority":null`, `,"priority":3`} {
		require.Equal(t, 3.0, o.must("PUT", policies+"/00p01", `{"type":"OKTA_SIGN_ON","name":"b"`+same+`}`).at("priority"), same)
		require.Equal(t, all, o.listedPolicies("OKTA_SIGN_ON"), same)
	}
	apps := o.listedPolicies("ACCESS_POLICY")
	require.Equal(t, 4.0, o.must("PUT", policies+"/rst03", `{"type":"ACCESS_POLICY","name":"d"}`).at("priority"))
	require.Equal(t, apps, o.listedPolicies("ACCESS_POLICY"))
	require.Equal(t, 0.0, o.must("PUT", policies+"/rst05", `{"type":"ACCESS_POLICY","name":"f","priority":0}`).at("priority"))
	require.Equal(t, http.StatusNoContent, o.must("DELETE", policies+"/rst04", "").status)
	require.Equal(t, "f 0, d 4, Default Policy 1, ", o.listedPolicies("ACCESS_POLICY"), "the system's is behind all others")
	require.Equal(t, all, o.listedPolicies("OKTA_SIGN_ON"), "an app's policy moves none of those")

	require.Equal(t, 1.0, o.must("POST", policies, `{"type":"ACCESS_POLICY","name":"g"}`).at("priority"))

	o.must("DELETE", policies+"/00p00", "")
	require.Equal(t, "b 1, c 2, Default Policy 3, ", o.listedPolicies("OKTA_SIGN_ON"))
	require.Equal(t, "f 0, g 1, d 4, Default Policy 1, ", o.listedPolicies("ACCESS_POLICY"), "nor is one of those moved by others")
}

// A policy that keeps its priority stays as it is, to what was written of it.
func TestPoliciesThatKeepTheirPlace(t *testing.T) {
	o := openPolicies(t, "OKTA_SIGN_ON 1")
	o.must("POST", policies, `{"type":"OKTA_SIGN_ON","name":"n"}`)
	require.Equal(t, "a 1, n 2, Default Policy 3, ", o.listedPolicies("OKTA_SIGN_ON"))
	require.Regexp(t, `"system": ?null`, o.files()["okta/policies.json"])
}

// A write that does not come about, since the history has no room for it, changes nothing that
// is shown, of whatever kind it is and however many records it would move.
func TestWritesThatDoNotComeAbout(t *testing.T) {
	o := openPolicies(t, "OKTA_SIGN_ON 1", "OKTA_SIGN_ON 2", "OKTA_SIGN_ON 3", "ACCESS_POLICY 1")
	p, app := policies+"/00p00", policies+"/rst03"
	r := o.denies(p, "r", "")
	o.denies(p, "s", "")
	o.denies(app, "x", "")
	zone := zones + "/" + o.must("POST", zones, office192("Office", "")).id()
	old := zones + "/" + o.must("POST", zones, office192("Old", `,"usage":"BLOCKLIST"`)).id()
	o.must("POST", old+"/lifecycle/deactivate", "")
	o.must("POST", threats, `{"action":"audit"}`)
	shown := func() string {
		var all strings.Builder
		for _, at := range []string{zones, threats, policies + "?type=OKTA_SIGN_ON", policies + "?type=ACCESS_POLICY", p + "/rules", app + "/rules"} {
			all.WriteString(o.must("GET", at, "").body + "\n")
		}
		return all.String()
	}
	objects := filepath.Join(o.dir, ".netwicket", "history", "objects")
	require.NoError(t, os.Rename(objects, objects+".aside"))
	require.NoError(t, os.WriteFile(objects, nil, 0o600))
	before, files := shown(), o.files()
	for _, write := range [][3]string{
		{"POST", zones, office192("New", "")}, {"PUT", zone, office192("Office", `,"usage":"BLOCKLIST"`)}, {"DELETE", old, ""}, {"POST", threats, `{"action":"block"}`},
		{"POST", policies, `{"type":"OKTA_SIGN_ON","name":"n","priority":1}`}, {"PUT", policies + "/00p01", `{"type":"OKTA_SIGN_ON","name":"b","priority":1}`}, {"DELETE", p, ""},
		{"POST", p + "/rules", deniesBody(p, "n", `"priority":1,`)}, {"POST", app + "/rules", deniesBody(app, "n", `"priority":0,`)},
		{"PUT", r, deniesBody(p, "r", `"priority":2,`)}, {"DELETE", r, ""}, {"POST", r + "/lifecycle/deactivate", ""},
	} {
		o.call(write[0], write[1], write[2]).refused(http.StatusConflict, "E0000195", "The documents of this folder cannot be used at the moment.")
	}
	require.Equal(t, before, shown())
	require.Equal(t, files, o.files())
	for _, priority := range []string{"0", "2147483648", "1.5", "-1"} {
		o.call("PUT", policies+"/00p01", `{"type":"OKTA_SIGN_ON","name":"b","priority":`+priority+`}`).invalid("priority", invalidText("priority"))
	}
}

// The policies of a type come all at once, unless a limit asks for pages of them (P4): each
// but the last has a link to the next, with what was asked for.
func TestPagesOfPolicies(t *testing.T) {
	var many []string
	for i := range 25 {
		many = append(many, fmt.Sprint("OKTA_SIGN_ON ", i+1))
	}
	o := openPolicies(t, many...)
	all := o.must("GET", policies+"?type=OKTA_SIGN_ON", "")
	require.Len(t, all.list(), 26)
	require.Empty(t, all.next())
	require.Equal(t, []string{"<" + base + policies + `?type=OKTA_SIGN_ON>; rel="self"`}, all.header["Link"])
	for limit, want := range map[string]int{"-1": 20, "1": 1, "20": 20, "25": 25, "26": 26, "200": 26, "201": 26} {
		r := o.must("GET", policies+"?limit="+limit+"&type=OKTA_SIGN_ON&q=", "")
		require.Equal(t, all.ids()[:want], r.ids(), limit)
		size := map[string]string{"-1": "20", "201": "200"}[limit]
		if size == "" {
			size = limit
		}
		require.Equal(t, "<"+base+policies+"?limit="+size+`&type=OKTA_SIGN_ON>; rel="self"`, r.header["Link"][0], limit)
		if want == 26 {
			require.Len(t, r.header["Link"], 1, limit)
			continue
		}
		require.Len(t, r.header["Link"], 2, limit)
		require.Regexp(t, `^`+policies+`\?after=[\w-]+&limit=`+size+`&type=OKTA_SIGN_ON$`, r.next())
		next := o.must("GET", r.next(), "")
		require.Equal(t, all.ids()[want:min(26, 2*want)], next.ids(), limit)
		require.Equal(t, "<"+base+r.next()+`>; rel="self"`, next.header["Link"][0])
	}
}

// What is missing comes behind what is wrong with the members that are there, also where
// another member has the name of its last part (E3).
func TestOrderOfCauses(t *testing.T) {
	o := openOrg(t)
	p := o.signOn("Staff")
	o.call("POST", p+"/rules", `{"access":"ALLOW","signon":{"access":"DENY"},"type":"SIGN_ON","priority":0}`).invalid("priority",
		invalidText("priority"), "name: "+blank, "actions.signon.access: "+blank)
	o.call("POST", p+"/rules", `{"priority":0,"type":"x","actions":{"signon":{"access":"x"}},"name":""}`).invalid("priority",
		invalidText("priority"), invalidText("type"), invalidText("actions.signon.access"), "name: "+blank)
}

// What is filled in leaves the other members where they are, and what is empty goes only
// where it is a list of zones (P10).
func TestWhatIsFilledIn(t *testing.T) {
	o := openOrg(t)
	office := o.office("Office", "192.0.2.0/24")
	r := o.must("POST", policies, `{"type":"OKTA_SIGN_ON","name":"p","conditions":{"x":[],"y":null}}`)
	require.Contains(t, r.body, `"conditions":{"people":{"groups":{"include":[]}},"x":[],"y":null}`)
	p := policies + "/" + r.id()
	r = o.must("PUT", p, `{"type":"OKTA_SIGN_ON","name":"p","conditions":{"x":1,"people":{"users":{"exclude":[]},"groups":{"exclude":["g"],"include":null}}}}`)
	require.Contains(t, r.body, `"conditions":{"x":1,"people":{"users":{"exclude":[]},"groups":{"exclude":["g"],"include":[]}}}`)
	for sent, want := range map[string]string{
		`{"include":[],"x":[],"connection":"ZONE","exclude":["` + office + `"],"y":null}`: `{"x":[],"connection":"ZONE","exclude":["` + office + `"],"y":null}`,
		`{"exclude":null,"connection":"ZONE","include":["` + office + `"]}`:               `{"connection":"ZONE","include":["` + office + `"]}`,
		`{"include":null,"connection":"ANYWHERE","exclude":[ ]}`:                          `{"connection":"ANYWHERE"}`,
		`null`: `{"connection":"ANYWHERE"}`,
	} {
		rule := o.must("POST", p+"/rules?activate=false", `{"type":"SIGN_ON","name":"r","actions":{"signon":{"access":"DENY"}},"conditions":{"z":[],"network":`+sent+`}}`)
		if sent == "null" {
			require.Contains(t, rule.body, `"conditions":{"people":{"users":{"exclude":[]}},"z":[],"network":`+want+`}`)
		} else {
			require.Contains(t, rule.body, `"network":`+want+`}`, sent)
		}
	}
}
