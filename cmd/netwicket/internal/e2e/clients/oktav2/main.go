// Command oktav2 manages the IP zones, ThreatInsight and rules of an Okta tenant
// with version 2 of Okta's Go SDK, which knows no enhanced dynamic zones: an old
// client must still be able to manage the others. What is not as it should be ends
// it with an error. The environment says where: BASE, and TOKEN or CLIENT and KEY
// (PEM). With COUNT it does nothing but list zones so many times.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/okta/okta-sdk-golang/v2/okta"
	"github.com/okta/okta-sdk-golang/v2/okta/query"
)

func main() {
	if err := manage(context.Background(), os.Getenv("BASE")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func manage(ctx context.Context, base string) error {
	settings := []okta.ConfigSetter{okta.WithOrgUrl(base), okta.WithTestingDisableHttpsCheck(true), okta.WithCache(false), okta.WithRateLimitMaxBackOff(61)}
	if client := os.Getenv("CLIENT"); client != "" {
		settings = append(settings, okta.WithAuthorizationMode("PrivateKey"), okta.WithClientId(client), okta.WithPrivateKey(os.Getenv("KEY")),
			okta.WithPrivateKeyId("k1"), okta.WithScopes([]string{"okta.networkZones.manage", "okta.threatInsights.manage", "okta.policies.manage"}))
	} else {
		settings = append(settings, okta.WithToken(os.Getenv("TOKEN")))
	}
	ctx, client, err := okta.NewClient(ctx, settings...)
	if err != nil {
		return err
	}
	if count, err := strconv.Atoi(os.Getenv("COUNT")); err == nil {
		for range count {
			if _, _, err := client.NetworkZone.ListNetworkZones(ctx, query.NewQueryParams(query.WithFilter("system eq false"))); err != nil {
				return fmt.Errorf("list: %w", err)
			}
		}
		return nil
	}
	var made []*okta.NetworkZone
	for i := range 3 {
		zone, _, err := client.NetworkZone.CreateNetworkZone(ctx, okta.NetworkZone{
			Type: "IP", Name: fmt.Sprintf("go v2 %d", i), Gateways: []*okta.NetworkZoneAddress{{Type: "RANGE", Value: fmt.Sprintf("192.0.2.%d", i)}},
		})
		if err != nil {
			return fmt.Errorf("create: %w", err)
		}
		made = append(made, zone)
	}
	if want := "192.0.2.0-192.0.2.0"; made[0].Gateways[0].Value != want {
		return fmt.Errorf("a lone address is %q, expected %q", made[0].Gateways[0].Value, want)
	}
	// One enhanced dynamic zone on a page would fail the whole page: the filter
	// leaves the system's out.
	list, response, err := client.NetworkZone.ListNetworkZones(ctx, query.NewQueryParams(query.WithFilter("system eq false"), query.WithLimit(2)))
	if err != nil {
		return fmt.Errorf("list: %w", err)
	}
	for response.HasNextPage() {
		var more []*okta.NetworkZone
		if response, err = response.Next(ctx, &more); err != nil {
			return fmt.Errorf("next page: %w", err)
		}
		list = append(list, more...)
	}
	if len(list) != len(made) {
		return fmt.Errorf("%d zones listed, expected %d", len(list), len(made))
	}
	zone := *made[0]
	zone.Usage = "BLOCKLIST"
	if updated, _, err := client.NetworkZone.UpdateNetworkZone(ctx, zone.Id, zone); err != nil || updated.Usage != "BLOCKLIST" {
		return unexpected("update", updated, err)
	}
	if _, err := client.NetworkZone.DeleteNetworkZone(ctx, zone.Id); err == nil || !strings.Contains(err.Error(), "active zone") {
		return unexpected("delete of an active zone", nil, err)
	}
	if off, _, err := client.NetworkZone.DeactivateNetworkZone(ctx, zone.Id); err != nil || off.Status != "INACTIVE" {
		return unexpected("deactivate", off, err)
	}
	if on, _, err := client.NetworkZone.ActivateNetworkZone(ctx, zone.Id); err != nil || on.Status != "ACTIVE" {
		return unexpected("activate", on, err)
	}
	if _, _, err := client.NetworkZone.CreateNetworkZone(ctx, okta.NetworkZone{Type: "IP", Name: "wrong", Gateways: []*okta.NetworkZoneAddress{{Type: "CIDR", Value: "192.0.2.0/33"}}}); err == nil || !strings.Contains(err.Error(), "192.0.2.0/33") {
		return unexpected("a network that is none", nil, err)
	}
	threats, _, err := client.ThreatInsightConfiguration.UpdateConfiguration(ctx, okta.ThreatInsightConfiguration{Action: "audit", ExcludeZones: []string{made[1].Id}})
	if err != nil || threats.Action != "audit" {
		return unexpected("ThreatInsight", threats, err)
	}
	return policies(ctx, client)
}

// unexpected is an error, or an answer that should have been another.
func unexpected(what string, got any, err error) error {
	if err == nil {
		err = errors.New("not as expected")
	}
	return fmt.Errorf("%s: %+v: %w", what, got, err)
}

// policies makes a policy that denies a zone and nobody else.
func policies(ctx context.Context, client *okta.Client) error {
	denied, _, err := client.NetworkZone.CreateNetworkZone(ctx, okta.NetworkZone{
		Type: "IP", Name: "go v2 denied", Gateways: []*okta.NetworkZoneAddress{{Type: "CIDR", Value: "198.51.100.0/25"}},
	})
	if err != nil {
		return fmt.Errorf("create: %w", err)
	}
	policy := okta.NewOktaSignOnPolicy()
	policy.Name, policy.Type = "go v2", "OKTA_SIGN_ON"
	if _, _, err := client.Policy.CreatePolicy(ctx, policy, nil); err != nil { // the answer is read into what was sent
		return fmt.Errorf("create a policy: %w", err)
	}
	id := policy.Id
	rule := func(name, access string, network okta.PolicyNetworkCondition) (*okta.PolicyRule, error) {
		made, _, err := client.Policy.CreatePolicyRule(ctx, id, okta.PolicyRule{
			Name: name, Type: "SIGN_ON", Conditions: &okta.PolicyRuleConditions{Network: &network},
			Actions: &okta.PolicyRuleActions{Signon: &okta.OktaSignOnPolicyRuleSignonActions{Access: access}},
		})
		if err != nil {
			return nil, fmt.Errorf("create a rule: %w", err)
		}
		return made, nil
	}
	deny, err := rule("not from there", "DENY", okta.PolicyNetworkCondition{Connection: "ZONE", Include: []string{denied.Id}})
	if err != nil {
		return err
	}
	if _, err := rule("else", "ALLOW", okta.PolicyNetworkCondition{Connection: "ANYWHERE"}); err != nil {
		return err
	}
	if _, err := client.Policy.DeactivatePolicyRule(ctx, id, deny.Id); err != nil {
		return fmt.Errorf("deactivate a rule: %w", err)
	}
	if _, err := client.Policy.ActivatePolicyRule(ctx, id, deny.Id); err != nil {
		return fmt.Errorf("activate a rule: %w", err)
	}
	rules, _, err := client.Policy.ListPolicyRules(ctx, id)
	if err != nil {
		return fmt.Errorf("list rules: %w", err)
	}
	if len(rules) != 2 || rules[0].Name != "not from there" || rules[1].PriorityPtr == nil || *rules[1].PriorityPtr != 2 {
		return unexpected("rules", rules, nil)
	}
	if _, _, err := client.Policy.CreatePolicyRule(ctx, id, okta.PolicyRule{Name: "wrong", Type: "SIGN_ON",
		Conditions: &okta.PolicyRuleConditions{Network: &okta.PolicyNetworkCondition{Connection: "ZONE", Include: []string{"nzo00000000000000000"}}},
		Actions:    &okta.PolicyRuleActions{Signon: &okta.OktaSignOnPolicyRuleSignonActions{Access: "DENY"}},
	}); err == nil || !strings.Contains(err.Error(), "conditions.network") {
		return unexpected("a zone that there is none of", nil, err)
	}
	return nil
}
