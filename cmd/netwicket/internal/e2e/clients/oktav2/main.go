// Command oktav2 manages the IP zones, ThreatInsight and rules of an Okta tenant
// with version 2 of Okta's Go SDK, which knows no enhanced dynamic zones: an old
// client must still be able to manage the others. What is not as it should be ends
// it with an error. The environment says where: BASE and TOKEN.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/okta/okta-sdk-golang/v2/okta"
	"github.com/okta/okta-sdk-golang/v2/okta/query"
)

func main() {
	if err := manage(context.Background(), os.Getenv("BASE"), os.Getenv("TOKEN")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func manage(ctx context.Context, base, token string) error {
	ctx, client, err := okta.NewClient(ctx, okta.WithOrgUrl(base), okta.WithToken(token),
		okta.WithTestingDisableHttpsCheck(true), okta.WithCache(false))
	if err != nil {
		return err
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
		return fmt.Errorf("update: %v %w", updated, err)
	}
	if _, err := client.NetworkZone.DeleteNetworkZone(ctx, zone.Id); err == nil || !strings.Contains(err.Error(), "active zone") {
		return fmt.Errorf("delete of an active zone: %w", err)
	}
	if off, _, err := client.NetworkZone.DeactivateNetworkZone(ctx, zone.Id); err != nil || off.Status != "INACTIVE" {
		return fmt.Errorf("deactivate: %w", err)
	}
	if on, _, err := client.NetworkZone.ActivateNetworkZone(ctx, zone.Id); err != nil || on.Status != "ACTIVE" {
		return fmt.Errorf("activate: %w", err)
	}
	if _, _, err := client.NetworkZone.CreateNetworkZone(ctx, okta.NetworkZone{Type: "IP", Name: "wrong", Gateways: []*okta.NetworkZoneAddress{{Type: "CIDR", Value: "192.0.2.0/33"}}}); err == nil || !strings.Contains(err.Error(), "192.0.2.0/33") {
		return fmt.Errorf("a network that is none: %w", err)
	}
	threats, _, err := client.ThreatInsightConfiguration.UpdateConfiguration(ctx, okta.ThreatInsightConfiguration{Action: "audit", ExcludeZones: []string{made[1].Id}})
	if err != nil || threats.Action != "audit" {
		return fmt.Errorf("ThreatInsight: %w", err)
	}
	fmt.Println(zone.Id)
	return nil
}
