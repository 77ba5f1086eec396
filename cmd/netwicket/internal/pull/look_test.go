package pull_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/generation"
)

const (
	zonesQuestion   = "/api/v1/zones?limit=200"
	signOnQuestion  = "/api/v1/policies?type=OKTA_SIGN_ON"
	threatsQuestion = "/api/v1/threats/configuration"
)

// A look asks for all that decides, and says what there is; nothing is written
// before the switch, and the next look finds the same.
func TestLook(t *testing.T) {
	s := newStage(t, "")
	s.tenant.access = []string{policy("rst1", "Off", "INACTIVE"), policy("rst2", "Empty", "")}
	s.tenant.rules["rst1"] = []string{rule("x", "ACTIVE", "ALLOW", `"connection":"ANYWHERE"`)}
	look, err := s.Look(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{
		zonesQuestion, signOnQuestion, "/api/v1/policies?type=ACCESS_POLICY", "/api/v1/policies/00p1/rules", "/api/v1/policies/rst1/rules", "/api/v1/policies/rst2/rules",
		threatsQuestion, zonesQuestion,
	}, s.tenant.asked)
	require.Equal(t, &pull.OktaCounts{Zones: 3, Policies: 3, Enforced: 1, Rules: 2, ThreatInsight: true}, look.Okta)
	require.Nil(t, look.SailPoint)
	require.Empty(t, look.Warnings)
	require.Nil(t, look.Refused)
	require.True(t, look.First)
	require.False(t, look.Same)
	require.Nil(t, look.Before.Policy)
	require.NotNil(t, look.After.Policy)
	require.NoError(t, look.After.Err)
	entries, err := os.ReadDir(s.Folder.Path)
	require.NoError(t, err)
	require.Empty(t, entries)

	require.NoError(t, s.Switch(look))
	for _, name := range []string{"00p1", "rst1", "rst2"} {
		require.FileExists(t, filepath.Join(s.Folder.Path, "pulled", look.Generation, "okta/rules", name+".json"))
		require.Equal(t, name == "00p1", strings.Contains(s.read("netwicket.json"), name), "only what is enforced is in force")
	}
	require.Equal(t, 3, strings.Count(s.read("pulled/"+look.Generation+"/okta/policies.json"), `"status"`))
	info, err := os.Stat(filepath.Join(s.Folder.Path, "pulled", look.Generation))
	require.NoError(t, err)
	require.True(t, info.ModTime().Equal(noon))

	again, err := s.Pull(t.Context())
	require.NoError(t, err)
	require.True(t, again.Same)
	s.tenant.zones[2] = zone("nzo3", "POLICY", false, "198.51.100.0/25")
	changed, err := s.Pull(t.Context())
	require.NoError(t, err)
	require.False(t, changed.First)
	require.NotNil(t, changed.Before.Policy)
	require.NotEqual(t, look.Generation, changed.Generation)
	require.Equal(t, changed.Before.Policy.Info().Fingerprint, look.After.Policy.Info().Fingerprint)
}

// Where nobody can be asked for anything, nobody is.
func TestNobodyIsAskedForNothing(t *testing.T) {
	s := newStage(t, "{")
	_, err := s.Pull(t.Context())
	require.ErrorContains(t, err, "netwicket.json:1:2")
	require.Empty(t, s.tenant.asked)
}

// Answers that are not of one piece are never put in force; they are asked for three
// times, and taken once they are (U8).
func TestOfOnePiece(t *testing.T) {
	names := func(list, id, status string) func(o *tenant) {
		return func(o *tenant) {
			off := rule("0pr0", "INACTIVE", "ALLOW", `"connection":"ZONE","include":["nzo5"]`) // names what it likes
			o.rules["00p1"][0] = rule("0pr1", status, "ALLOW", `"connection":"ZONE","`+list+`":["`+id+`"]`)
			o.rules["00p1"] = append([]string{off}, o.rules["00p1"]...)
		}
	}
	for want, spoil := range map[string]func(o *tenant){
		"a zone without an id": func(o *tenant) {
			o.zones[2] = strings.Replace(o.zones[2], `"id":"nzo3",`, "", 1)
			o.rules["00p1"] = o.rules["00p1"][1:]
		},
		"a zone without an id; ": func(o *tenant) {
			o.zones[2] = strings.Replace(o.zones[2], `"id":"nzo3"`, `"id":7`, 1)
		},
		"the zone nzo1 is there twice": func(o *tenant) { o.zones = append(o.zones, o.zones[0]) },
		"the policy 00p1 is there twice": func(o *tenant) {
			o.access = []string{o.signOn[0], policy("rst1", "Off", "INACTIVE")}
		},
		"a zone without an id; the rule":                               func(o *tenant) { o.zones[2] = strings.Replace(o.zones[2], `"nzo3"`, "7", 1) },
		`the rule 0pr1 of policy "Staff" (00p1) is there twice`:        func(o *tenant) { o.rules["00p1"] = append(o.rules["00p1"], o.rules["00p1"][0]) },
		`the rule "rule 0pr1" names the zone nzo9, which is not there`: names("include", "nzo9", "ACTIVE"),
		`the rule "rule 0pr1" names the zone nzo8, which is not there`: func(o *tenant) {
			names("exclude", "nzo8", "ACTIVE")(o)
			o.rules["00p1"][1] = strings.Replace(o.rules["00p1"][1], `"status":"ACTIVE",`, "", 1)
		},
		"ThreatInsight names the zone nzo7, which is not there": func(o *tenant) { o.threat = `{"action":"none","excludeZones":["nzo1","nzo7"]}` },
		"the zones changed while the rest was read":             func(o *tenant) {},
	} {
		s := newStage(t, "")
		good := newTenant()
		if spoil(s.tenant); strings.Contains(want, "changed while") {
			s.tenant.before = func(question string, _ int) {
				if question == threatsQuestion {
					s.tenant.zones[2] = zone("nzo3", "POLICY", false, fmt.Sprintf("198.51.100.%d/32", len(s.tenant.asked)))
				}
			}
		}
		look, err := s.keeps()
		said := append([]string{err.Error()}, look.Warnings...) // what is no policy, besides, is said first
		require.Contains(t, strings.Join(said, "\n"), "not of one piece, 3 times in a row: "+want)
		require.NotNil(t, look.Okta)
		require.Equal(t, 3, s.tenant.count(threatsQuestion), want)
		if strings.Contains(want, "policy 00p1") {
			require.Equal(t, 2, look.Okta.Policies)
			require.Equal(t, 3, s.tenant.count("/api/v1/policies/00p1/rules"))
		}
		if strings.Contains(want, "changed while") {
			require.Equal(t, 6, s.tenant.count(zonesQuestion))
		} else {
			require.Equal(t, 3, s.tenant.count(zonesQuestion), "it is known already")
		}
		require.NoDirExists(t, filepath.Join(s.Folder.Path, "pulled"))

		s.tenant.asked = nil
		s.tenant.before = func(question string, nth int) {
			if question == signOnQuestion && nth == 2 || question == zonesQuestion && s.tenant.count(signOnQuestion) == 2 {
				s.tenant.zones, s.tenant.signOn, s.tenant.access, s.tenant.rules, s.tenant.threat = good.zones, good.signOn, good.access, good.rules, good.threat
			}
		}
		s.pulled()
	}
	for what, change := range map[string]func(o *tenant){
		"a rule that is off": names("include", "nzo9", "INACTIVE"),
		"all zones":          names("exclude", "ALL_ZONES", "ACTIVE"),
		"all IP zones":       names("exclude", "ALL_IP_ZONES", "ACTIVE"),
		"rules without an id": func(o *tenant) {
			o.rules["00p1"] = slices.Repeat([]string{strings.Replace(o.rules["00p1"][1], `"id":"0pr2",`, "", 1)}, 2)
		},
		"a rule of a policy that is off": func(o *tenant) {
			o.access, o.rules["rst1"] = []string{policy("rst1", "Off", "INACTIVE")}, []string{rule("x", "ACTIVE", "ALLOW", `"connection":"ZONE","include":["nzo9"]`)}
		},
	} {
		s := newStage(t, "")
		change(s.tenant)
		_, err := s.Pull(t.Context())
		require.NoError(t, err, what)
	}
}

// Answers that are what is in force, but changed meanwhile, say nothing of it.
func TestSameButNotOfOnePiece(t *testing.T) {
	s := newStage(t, "")
	s.pulled()
	good := s.tenant.zones
	s.tenant.before = func(question string, nth int) {
		if s.tenant.zones = good; question == zonesQuestion && nth%2 == 0 {
			s.tenant.zones = good[:2]
		}
	}
	look, err := s.keeps()
	require.ErrorContains(t, err, "the zones changed while the rest was read")
	require.False(t, look.Same)
}

// What the tenant does not answer is not taken for nothing.
func TestQuestionsThatFail(t *testing.T) {
	for _, question := range []string{zonesQuestion, signOnQuestion, "/api/v1/policies/00p1/rules", threatsQuestion, "again"} {
		s := newStage(t, "")
		good := newTenant()
		s.tenant.before = func(asked string, nth int) {
			s.tenant.zones, s.tenant.signOn, s.tenant.rules, s.tenant.threat = good.zones, good.signOn, good.rules, good.threat
			if asked == question || question == "again" && asked == zonesQuestion && nth >= 2 {
				s.tenant.zones, s.tenant.signOn, s.tenant.rules, s.tenant.threat = []string{"7"}, []string{"7"}, map[string][]string{"00p1": {"7"}}, "7"
			}
		}
		_, err := s.keeps()
		require.ErrorContains(t, err, "expected an", question)
		require.ErrorContains(t, err, "asked 5 times", question)
		if question == "again" {
			require.ErrorContains(t, err, "okta, zones, page 1 again: ")
		}
	}
}

// What may not be seen is not nothing, and whoever may not see it learns what its token lacks.
func TestScopes(t *testing.T) {
	for question, want := range map[string]string{
		zonesQuestion:                    "okta, zones, page 1: 403; the token needs the scope okta.networkZones.read",
		signOnQuestion:                   "okta, policies of type OKTA_SIGN_ON, page 1: 403; the token needs the scope okta.policies.read",
		"/api/v1/policies/00p1/rules":    "okta, rules of policy \"Staff\" (00p1), page 1: 403; the token needs the scope okta.policies.read",
		threatsQuestion:                  "okta, ThreatInsight: 403; the token needs the scope okta.threatInsights.read",
		"/v2025/auth-org/network-config": "okta, network configuration: 403; the token needs the scope sp:auth-org:read",
		"/v2025/auth-profiles/a%2Fb":     "okta, authentication profile: 403; the token needs the scope sp:auth-profile:read",
	} {
		s := newStage(t, "")
		s.Puller.SailPoint = &pull.SailPoint{Client: s.Okta.Client, Profile: "a/b"}
		s.tenant.network, s.tenant.profile, s.tenant.forbidden = `{}`, `{}`, question
		_, err := s.keeps()
		require.EqualError(t, err, want)
	}
}

// Where nothing is left of a rate limit, questions of its family wait, and no others.
func TestFamilies(t *testing.T) {
	for used, want := range map[string]int{
		"":                    0,
		"/api/v1/zones":       1, // whether they are as before
		"/api/v1/policies":    2, // of the other type, and the rules
		"/api/v1/threats":     0,
		"/v2025/auth-org":     1, // the profile
		"/v2025/auth-profile": 0,
	} {
		s := newStage(t, "")
		s.Puller.SailPoint = &pull.SailPoint{Client: s.Okta.Client, Profile: "a/b"}
		s.tenant.network, s.tenant.profile, s.tenant.used = `{"range":[],"whitelisted":false,"geolocation":[]}`, `{"name":"x","offNetwork":true,"untrustedGeography":false}`, used
		s.pulled()
		require.Equal(t, want, s.tenant.waits, used)
	}
}

// Which policies are enforced (U15).
func TestPoliciesThatAreEnforced(t *testing.T) {
	all := func(o *tenant) {
		o.signOn = []string{policy("00p1", "Staff", "ACTIVE"), policy("00p2", "Off", "INACTIVE"), policy("00p3", "Twin", "ACTIVE"), strings.Replace(policy("00p4", "Groups", ""), `"exclude":[]`, `"exclude":["00g1"]`, 1)}
		o.access = []string{policy("rst1", "Twin", "ACTIVE"), policy("rst2", "Empty", "ACTIVE"), policy("rst3", "00p1", "ACTIVE")}
		for _, id := range []string{"00p2", "00p3", "00p4", "rst1", "rst3"} {
			o.rules[id] = []string{rule("r"+id, "ACTIVE", "ALLOW", `"connection":"ANYWHERE"`)}
		}
	}
	for _, c := range []struct {
		chosen []string
		want   string // ids, or what is wrong after "error: "
	}{
		{nil, "00p1 00p3 00p4 rst1 rst3"},
		{[]string{"rst1", "00p3"}, "00p3 rst1"},
		{[]string{"Staff"}, "00p1"},
		{[]string{"Staff", "00p1"}, "00p1"},
		{[]string{"00p1"}, "00p1"},
		{[]string{"Twin"}, `error: --policy "Twin": several policies are called so; choose by id: policy "Twin" (00p3), policy "Twin" (rst1)`},
		{[]string{"Off"}, `error: --policy "Off": the policy is INACTIVE`},
		{[]string{"Empty"}, `error: --policy: policy "Empty" (rst2) has no rules, so that Okta does not consider it`},
		{[]string{"Staff", "Nobody"}, `error: --policy "Nobody": the tenant has no such policy; it has policy "Staff" (00p1), policy "Off" (00p2), `},
	} {
		s := newStage(t, "")
		all(s.tenant)
		s.Okta.Policies = c.chosen
		if wrong, found := strings.CutPrefix(c.want, "error: "); found {
			_, err := s.keeps()
			require.ErrorContains(t, err, wrong)
			continue
		}
		look, err := s.Pull(t.Context())
		require.NoError(t, err)
		var enforced []string
		for _, set := range look.After.Parts.Config.Rules {
			enforced = append(enforced, strings.TrimSuffix(filepath.Base(set.File), ".json"))
		}
		require.Equal(t, c.want, strings.Join(enforced, " "))
		require.Equal(t, len(enforced), look.Okta.Enforced)
		require.Equal(t, len(enforced)+strings.Count(c.want, "00p1"), look.Okta.Rules)
		require.Equal(t, 7, look.Okta.Policies)
		if c.chosen != nil {
			require.Equal(t, len(enforced), len(slices.DeleteFunc(s.tenant.asked, func(q string) bool { return !strings.HasSuffix(q, "/rules") })), "of others rules are not asked for")
			require.Empty(t, look.Warnings)
			continue
		}
		require.Len(t, look.Warnings, 1)
		require.Contains(t, look.Warnings[0], `policy "Groups" (00p4) is for groups`)
	}
	for count, want := range map[int]string{0: "it has none", 10: `(00p9)`, 11: `(00p9), and 1 more`, 13: `(00p9), and 3 more`} {
		s := newStage(t, "")
		s.tenant.signOn, s.Okta.Policies = nil, []string{"Nobody"}
		for i := range count {
			s.tenant.signOn = append(s.tenant.signOn, policy(fmt.Sprint("00p", i), "P", "ACTIVE"))
		}
		_, err := s.keeps()
		require.True(t, strings.HasSuffix(err.Error(), want), err)
	}
	for _, id := range []string{"../00p1", "", "a.b", strings.Repeat("x", 65), "ü"} {
		s := newStage(t, "")
		s.tenant.signOn = append(s.tenant.signOn, policy(id, "Evil", "ACTIVE"))
		_, err := s.keeps()
		require.ErrorContains(t, err, "expected letters and digits")
	}
}

// SailPoint's documents, of which there may be none; a profile that was there and is
// gone is refused, and one that never was is a mistake (U13).
func TestSailPoint(t *testing.T) {
	s := newStage(t, "")
	s.Puller.SailPoint = &pull.SailPoint{Client: s.Okta.Client}
	s.Okta = nil
	s.tenant.network = `{"range":["192.0.2.0/24"],"whitelisted":true,"geolocation":[]}`
	look := s.pulled()
	require.Equal(t, &pull.SailPointCounts{NetworkConfig: true}, look.SailPoint)
	require.Nil(t, look.Okta)

	s.Puller.SailPoint.Profile = "a/b"
	_, err := s.keeps()
	require.ErrorContains(t, err, "authentication profile: 404")
	s.tenant.profile = `{"name":"x","offNetwork":true,"untrustedGeography":false}`
	look = s.pulled()
	require.Equal(t, &pull.SailPointCounts{NetworkConfig: true, AuthProfile: true}, look.SailPoint)
	s.tenant.profile = ""
	look, err = s.keeps()
	require.ErrorContains(t, err, "shrink guard: the SailPoint authentication profile is gone")
	require.Equal(t, &pull.SailPointCounts{NetworkConfig: true}, look.SailPoint)
	s.tenant.profile = "7"
	_, err = s.keeps()
	require.ErrorContains(t, err, "expected an object")
	s.Puller.SailPoint.Profile = ""
	s.tenant.network = ""
	_, err = s.keeps()
	require.ErrorContains(t, err, "shrink guard: the SailPoint network configuration is gone")
	require.NotContains(t, err.Error(), "profile", "it was not asked for, and stays")
	s.tenant.network = "7"
	_, err = s.keeps()
	require.ErrorContains(t, err, "expected an object")
}

// A policy file that was changed between look and switch is looked at anew, three
// times at most, and what a guard says of it counts.
func TestChangedBeforeTheSwitch(t *testing.T) {
	s := newStage(t, "{}\n")
	look, err := s.Look(t.Context())
	require.NoError(t, err)
	s.write("netwicket.json", "{\"mode\":\"observe\"}\n")
	require.NoError(t, s.Switch(look))
	require.Contains(t, s.read("netwicket.json"), `"mode":"observe"`)
	require.Contains(t, s.read("netwicket.json"), look.Generation)
	inForce := s.read("netwicket.json")

	// Somebody else puts in force what was found.
	s.write("netwicket.json", "{}\n")
	look, err = s.Look(t.Context())
	require.NoError(t, err)
	s.write("netwicket.json", inForce)
	require.NoError(t, s.Switch(look))
	require.True(t, look.Same)
	require.Equal(t, inForce, s.read("netwicket.json"))

	// Somebody guards an address meanwhile, or breaks the file.
	s.write("netwicket.json", "{}\n")
	look, err = s.Look(t.Context())
	require.NoError(t, err)
	s.write("netwicket.json", `{"serve":{"guard":["203.0.113.1"]}}`)
	err = s.Switch(look)
	var refused *pull.Refused
	require.True(t, errors.As(err, &refused), err)
	require.ErrorContains(t, err, "guard: it denies 203.0.113.1")
	require.Equal(t, err, s.Switch(look), "again")
	require.Equal(t, `{"serve":{"guard":["203.0.113.1"]}}`, s.read("netwicket.json"))

	s.write("netwicket.json", "{}\n")
	look, err = s.Look(t.Context())
	require.NoError(t, err)
	s.write("netwicket.json", "{")
	require.ErrorContains(t, s.Switch(look), "netwicket.json:1:2")
}

// A folder that never holds still is tried three times, and one that cannot be written
// to once.
func TestSwitchGivesUp(t *testing.T) {
	asked := 0 // for the time: once for each switch, and twice for whatever is judged
	looked := func(now func(s *stage)) (*stage, *pull.Look) {
		s := newStage(t, "{}\n")
		look, err := s.Look(t.Context())
		require.NoError(t, err)
		asked = 0
		s.Now = func() time.Time {
			asked++
			now(s)
			return noon
		}
		return s, look
	}
	s, look := looked(func(s *stage) { s.write("netwicket.json", fmt.Sprintf("{} // %d\n", asked)) })
	require.ErrorIs(t, s.Switch(look), generation.ErrChanged)
	require.Equal(t, 3+2*2, asked)
	require.Contains(t, s.read("netwicket.json"), "{} //")

	s, look = looked(func(*stage) {})
	s.write("pulled", "")
	require.ErrorContains(t, s.Switch(look), "pulled: cannot be written")
	require.Equal(t, 1, asked)

	s, look = looked(func(*stage) {})
	require.NoError(t, s.Switch(look))
	require.Equal(t, 1, asked)
}
