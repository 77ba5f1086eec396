// Command oktav5 manages an Okta tenant with version 5 of Okta's Go SDK: zones of
// all types, ThreatInsight, policies and rules. What is not as it should be ends it
// with an error. The environment says where: BASE, and TOKEN or CLIENT and KEY
// (PEM). With COUNT it does nothing but list zones so many times.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/okta/okta-sdk-golang/v5/okta"
)

func main() {
	if err := manage(context.Background(), os.Getenv("BASE")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// connect makes a client. The SDK drops the port of its URL for everything but
// token requests, so that the configuration is told again.
func connect(base string) (*okta.APIClient, error) {
	at, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	settings := []okta.ConfigSetter{okta.WithOrgUrl(base), okta.WithCache(false), okta.WithTestingDisableHttpsCheck(true), okta.WithRateLimitMaxRetries(2), okta.WithRateLimitMaxBackOff(61)}
	if client := os.Getenv("CLIENT"); client != "" {
		settings = append(settings, okta.WithAuthorizationMode("PrivateKey"), okta.WithClientId(client),
			okta.WithPrivateKey(os.Getenv("KEY")), okta.WithPrivateKeyId("k1"),
			okta.WithScopes([]string{"okta.networkZones.manage", "okta.threatInsights.manage", "okta.policies.manage"}))
	} else {
		settings = append(settings, okta.WithToken(os.Getenv("TOKEN")))
	}
	configuration, err := okta.NewConfiguration(settings...)
	if err != nil {
		return nil, err
	}
	configuration.Host, configuration.Scheme = at.Host, at.Scheme
	return okta.NewAPIClient(configuration), nil
}

func manage(ctx context.Context, base string) error {
	client, err := connect(base)
	if err != nil {
		return err
	}
	t := &tenant{ctx, client}
	if count, err := strconv.Atoi(os.Getenv("COUNT")); err == nil {
		for range count {
			if _, _, err := t.NetworkZoneAPI.ListNetworkZones(ctx).Execute(); err != nil {
				return explain("list", err)
			}
		}
		return nil
	}
	for _, step := range []func() error{t.addresses, t.dynamic, t.enhanced, t.threats, t.policies, t.stays} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

type tenant struct {
	ctx context.Context
	*okta.APIClient
}

// zone is any zone.
type zone = okta.ListNetworkZones200ResponseInner

func ipZone(name, usage string, networks ...string) zone {
	z := okta.NewIPNetworkZone(name, "IP")
	z.Usage = &usage
	for _, network := range networks {
		kind := "CIDR"
		if !strings.Contains(network, "/") {
			kind = "RANGE"
		}
		z.Gateways = append(z.Gateways, okta.NetworkZoneAddress{Type: &kind, Value: &network})
	}
	return zone{IPNetworkZone: z}
}

func (t *tenant) create(z zone) (*zone, error) {
	made, _, err := t.NetworkZoneAPI.CreateNetworkZone(t.ctx).Zone(z).Execute()
	return made, explain("create", err)
}

// gone deactivates and deletes a zone.
func (t *tenant) gone(id string) error {
	if _, _, err := t.NetworkZoneAPI.DeactivateNetworkZone(t.ctx, id).Execute(); err != nil {
		return explain("deactivate", err)
	}
	_, err := t.NetworkZoneAPI.DeleteNetworkZone(t.ctx, id).Execute()
	return explain("delete", err)
}

// explain adds what the server said, which the SDK keeps to itself.
func explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	var answer *okta.GenericOpenAPIError
	if errors.As(err, &answer) {
		return fmt.Errorf("%s: %w: %s", doing, err, answer.Body())
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// refused wants an error whose answer has a text.
func refused(doing string, err error, text string) error {
	if err == nil {
		return fmt.Errorf("%s: expected a refusal", doing)
	}
	if said := explain(doing, err).Error(); !strings.Contains(said, text) {
		return fmt.Errorf("%s, expected %q in it", said, text)
	}
	return nil
}

func want[T comparable](what string, got, expected T) error {
	if got != expected {
		return fmt.Errorf("%s is %v, expected %v", what, got, expected)
	}
	return nil
}

// addresses manages IP zones.
func (t *tenant) addresses() error {
	var ids []string
	for i := range 5 {
		made, err := t.create(ipZone(fmt.Sprintf("go v5 %d", i), "POLICY", fmt.Sprintf("192.0.2.%d", i)))
		if err != nil {
			return err
		}
		ids = append(ids, made.IPNetworkZone.GetId())
	}
	got, _, err := t.NetworkZoneAPI.GetNetworkZone(t.ctx, ids[0]).Execute()
	if err != nil {
		return explain("read", err)
	}
	if err := want("a lone address", *got.IPNetworkZone.Gateways[0].Value, "192.0.2.0-192.0.2.0"); err != nil {
		return err
	}
	listed, err := t.list(t.NetworkZoneAPI.ListNetworkZones(t.ctx).Limit(2))
	if err != nil {
		return err
	}
	if err := want("the list over pages", fmt.Sprint(slices.DeleteFunc(listed, func(id string) bool { return !slices.Contains(ids, id) })), fmt.Sprint(ids)); err != nil {
		return err
	}
	filtered, err := t.list(t.NetworkZoneAPI.ListNetworkZones(t.ctx).Limit(1).Filter(fmt.Sprintf("id eq %q or id eq %q", ids[1], ids[3])))
	if err != nil {
		return err
	}
	if err := want("the filtered list", fmt.Sprint(filtered), fmt.Sprint([]string{ids[1], ids[3]})); err != nil {
		return err
	}
	network := "192.0.2.128/25"
	got.IPNetworkZone.Gateways[0] = okta.NetworkZoneAddress{Type: okta.PtrString("CIDR"), Value: &network}
	replaced, _, err := t.NetworkZoneAPI.ReplaceNetworkZone(t.ctx, ids[0]).Zone(*got).Execute()
	if err != nil {
		return explain("replace", err)
	}
	if err := want("the replaced network", *replaced.IPNetworkZone.Gateways[0].Value, network); err != nil {
		return err
	}
	off, _, err := t.NetworkZoneAPI.DeactivateNetworkZone(t.ctx, ids[0]).Execute()
	if err != nil {
		return explain("deactivate", err)
	}
	if err := want("the status", off.IPNetworkZone.GetStatus(), "INACTIVE"); err != nil {
		return err
	}
	if _, _, err := t.NetworkZoneAPI.ActivateNetworkZone(t.ctx, ids[0]).Execute(); err != nil {
		return explain("activate", err)
	}
	if _, err := t.NetworkZoneAPI.DeleteNetworkZone(t.ctx, ids[0]).Execute(); refused("delete of an active zone", err, "E0000001") != nil {
		return refused("delete of an active zone", err, "E0000001")
	}
	if _, err := t.create(ipZone("go v5 wrong", "POLICY", "192.0.2.0/33")); refused("a network that is none", err, "192.0.2.0/33") != nil {
		return refused("a network that is none", err, "192.0.2.0/33")
	}
	for _, id := range ids {
		if err := t.gone(id); err != nil {
			return err
		}
	}
	_, _, err = t.NetworkZoneAPI.GetNetworkZone(t.ctx, ids[0]).Execute()
	return refused("read of a deleted zone", err, "E0000007")
}

// list follows the links to the last page.
func (t *tenant) list(request okta.ApiListNetworkZonesRequest) ([]string, error) {
	page, response, err := request.Execute()
	if err != nil {
		return nil, explain("list", err)
	}
	var ids []string
	for pages := 0; ; pages++ {
		for _, z := range page {
			switch {
			case z.IPNetworkZone != nil:
				ids = append(ids, z.IPNetworkZone.GetId())
			case z.DynamicNetworkZone != nil:
				ids = append(ids, z.DynamicNetworkZone.GetId())
			case z.EnhancedDynamicNetworkZone != nil:
				ids = append(ids, z.EnhancedDynamicNetworkZone.GetId())
			}
		}
		if !response.HasNextPage() {
			return ids, nil
		}
		if pages > 20 {
			return nil, errors.New("the pages do not end")
		}
		page = nil
		if response, err = response.Next(&page); err != nil {
			return nil, explain("next page", err)
		}
	}
}

func location(country, region string) okta.NetworkZoneLocation {
	l := okta.NetworkZoneLocation{Country: &country}
	if region != "" {
		l.Region = &region
	}
	return l
}

// dynamic manages dynamic zones.
func (t *tenant) dynamic() error {
	z := okta.NewDynamicNetworkZone("go v5 dynamic", "DYNAMIC")
	z.Usage, z.ProxyType, z.Asns = okta.PtrString("BLOCKLIST"), okta.PtrString("TorAnonymizer"), []string{"64500"}
	z.Locations = []okta.NetworkZoneLocation{location("DE", "DE-BE")}
	made, err := t.create(zone{DynamicNetworkZone: z})
	if err != nil {
		return err
	}
	id := made.DynamicNetworkZone.GetId()
	made.DynamicNetworkZone.Asns = []string{"64500", "64501"}
	replaced, _, err := t.NetworkZoneAPI.ReplaceNetworkZone(t.ctx, id).Zone(*made).Execute()
	if err != nil {
		return explain("replace", err)
	}
	if err := want("the list of ASNs", strings.Join(replaced.DynamicNetworkZone.Asns, " "), "64500 64501"); err != nil {
		return err
	}
	if err := want("the region", *replaced.DynamicNetworkZone.Locations[0].Region, "DE-BE"); err != nil {
		return err
	}
	return t.gone(id)
}

// enhanced manages enhanced dynamic zones.
func (t *tenant) enhanced() error {
	z := okta.NewEnhancedDynamicNetworkZone("go v5 enhanced", "DYNAMIC_V2")
	z.Usage = okta.PtrString("BLOCKLIST")
	z.Asns = &okta.EnhancedDynamicNetworkZoneAllOfAsns{Include: []string{"64500"}}
	z.Locations = &okta.EnhancedDynamicNetworkZoneAllOfLocations{Include: []okta.NetworkZoneLocation{location("DE", "")}, Exclude: []okta.NetworkZoneLocation{location("FR", "FR-IDF")}}
	z.IpServiceCategories = &okta.EnhancedDynamicNetworkZoneAllOfIpServiceCategories{Include: []string{"ALL_ANONYMIZERS"}}
	made, err := t.create(zone{EnhancedDynamicNetworkZone: z})
	if err != nil {
		return err
	}
	id := made.EnhancedDynamicNetworkZone.GetId()
	made.EnhancedDynamicNetworkZone.Asns.Include = nil
	replaced, _, err := t.NetworkZoneAPI.ReplaceNetworkZone(t.ctx, id).Zone(*made).Execute()
	if err != nil {
		return explain("replace", err)
	}
	got := replaced.EnhancedDynamicNetworkZone
	if len(got.Asns.Include) != 0 || len(got.Locations.Exclude) != 1 || *got.Locations.Include[0].Country != "DE" || got.IpServiceCategories.Include[0] != "ALL_ANONYMIZERS" {
		return fmt.Errorf("the enhanced dynamic zone is %+v", got)
	}
	return t.gone(id)
}

// threats manages ThreatInsight.
func (t *tenant) threats() error {
	trusted, err := t.create(ipZone("go v5 trusted", "POLICY", "198.51.100.7"))
	if err != nil {
		return err
	}
	id := trusted.IPNetworkZone.GetId()
	got, _, err := t.ThreatInsightAPI.UpdateConfiguration(t.ctx).ThreatInsightConfiguration(okta.ThreatInsightConfiguration{Action: "audit", ExcludeZones: []string{id}}).Execute()
	if err != nil {
		return explain("ThreatInsight", err)
	}
	if err := want("the action", got.Action, "audit"); err != nil {
		return err
	}
	if err := refused("delete of a zone that ThreatInsight names", t.gone(id), "E0000001"); err != nil {
		return err
	}
	if _, _, err := t.ThreatInsightAPI.UpdateConfiguration(t.ctx).ThreatInsightConfiguration(okta.ThreatInsightConfiguration{Action: "none"}).Execute(); err != nil {
		return explain("ThreatInsight", err)
	}
	got, _, err = t.ThreatInsightAPI.GetCurrentConfiguration(t.ctx).Execute()
	if err != nil {
		return explain("ThreatInsight", err)
	}
	if err := want("the number of excluded zones", len(got.ExcludeZones), 0); err != nil {
		return err
	}
	_, err = t.NetworkZoneAPI.DeleteNetworkZone(t.ctx, id).Execute()
	return explain("delete", err)
}

// policies manages policies and rules.
func (t *tenant) policies() error {
	denied, err := t.create(ipZone("go v5 denied", "POLICY", "198.51.100.0/25"))
	if err != nil {
		return err
	}
	p := okta.NewOktaSignOnPolicy()
	p.Type, p.Name, p.Description = okta.PtrString("OKTA_SIGN_ON"), okta.PtrString("go v5"), okta.PtrString("made by a test")
	made, _, err := t.PolicyAPI.CreatePolicy(t.ctx).Policy(okta.ListPolicies200ResponseInner{OktaSignOnPolicy: p}).Execute()
	if err != nil {
		return explain("create a policy", err)
	}
	policy := made.OktaSignOnPolicy.GetId()
	rule := func(name, access, connection string, include ...string) (*okta.OktaSignOnPolicyRule, error) {
		r := okta.NewOktaSignOnPolicyRule()
		r.Type, r.Name = okta.PtrString("SIGN_ON"), &name
		r.Actions = &okta.OktaSignOnPolicyRuleActions{Signon: &okta.OktaSignOnPolicyRuleSignonActions{Access: &access}}
		r.Conditions = &okta.OktaSignOnPolicyRuleConditions{Network: &okta.PolicyNetworkCondition{Connection: &connection, Include: include}}
		made, _, err := t.PolicyAPI.CreatePolicyRule(t.ctx, policy).PolicyRule(okta.ListPolicyRules200ResponseInner{OktaSignOnPolicyRule: r}).Execute()
		if err != nil {
			return nil, explain("create a rule", err)
		}
		return made.OktaSignOnPolicyRule, nil
	}
	deny, err := rule("not from there", "DENY", "ZONE", denied.IPNetworkZone.GetId())
	if err != nil {
		return err
	}
	if _, err := rule("else", "ALLOW", "ANYWHERE"); err != nil {
		return err
	}
	if _, err := t.PolicyAPI.DeactivatePolicyRule(t.ctx, policy, deny.GetId()).Execute(); err != nil {
		return explain("deactivate a rule", err)
	}
	if _, err := t.PolicyAPI.ActivatePolicyRule(t.ctx, policy, deny.GetId()).Execute(); err != nil {
		return explain("activate a rule", err)
	}
	deny.Name = okta.PtrString("not from that zone")
	if _, _, err := t.PolicyAPI.ReplacePolicyRule(t.ctx, policy, deny.GetId()).PolicyRule(okta.ListPolicyRules200ResponseInner{OktaSignOnPolicyRule: deny}).Execute(); err != nil {
		return explain("replace a rule", err)
	}
	rules, _, err := t.PolicyAPI.ListPolicyRules(t.ctx, policy).Execute()
	if err != nil {
		return explain("list rules", err)
	}
	var names []string
	for _, r := range rules {
		names = append(names, r.OktaSignOnPolicyRule.GetName())
	}
	if err := want("the list of rules", strings.Join(names, ", "), "not from that zone, else"); err != nil {
		return err
	}
	if err := refused("a zone that a rule names", t.gone(denied.IPNetworkZone.GetId()), "E0000001"); err != nil {
		return err
	}
	_, _, err = t.NetworkZoneAPI.ActivateNetworkZone(t.ctx, denied.IPNetworkZone.GetId()).Execute()
	return explain("activate", err)
}

// stays leaves what a gateway then decides by.
func (t *tenant) stays() error {
	made, err := t.create(ipZone("go v5 blocked", "BLOCKLIST", "192.0.2.0"))
	if err != nil {
		return err
	}
	fmt.Println(made.IPNetworkZone.GetId())
	return nil
}
