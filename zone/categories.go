package zone

import (
	"fmt"
	"strings"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// categories are the IP service categories of Okta's OpenAPI document
// 2026.06.3, and three that its release notes added since. Okta keeps adding,
// so that the list serves warnings only.
const categories = " ABCPROXY_PROXY ALL_ANONYMIZERS ALL_ANONYMIZERS_EXCEPT_TOR ALL_IP_SERVICES ALL_PROXIES_VPNS " +
	"ANONYMIZER_TOR APPLE_ICLOUD_RELAY_PROXY ASTRILL_VPN AVAST_VPN BIGMAMA_PROXY CYBERGHOST_VPN " +
	"DATAIMPULSE_PROXY EXPRESS_VPN FACELESS_PROXY FROXY_PROXY GEONODE_PROXY GLOBALPROTECT_VPN GOOGLE_VPN " +
	"IPCOLA_PROXY IPIDEA_PROXY IPROXYSHOP_PROXY LUMINATI_PROXY MULLVAD_VPN NETNUT_PROXY NEXUS_PROXY " +
	"NORD_VPN OCULUS_PROXY OXYLABS_PROXY PIA_VPN PROXYRACK_PROXY SAMSUNG_VPN SPACEPROXIES_PROXY " +
	"SURFSHARK_VPN SYMANTEC_VPN TRENDMICRO_VPN ULTRASURF_VPN WARP_VPN YILU_PROXY PERIMETER81_VPN " +
	"PROXYLINE_PROXY VIGOR_SSL_VPN "

func isKnownCategory(category string) bool {
	return !strings.ContainsRune(category, ' ') && strings.Contains(categories, " "+category+" ")
}

// unknownCategory is what a category means that is not known, with the one that
// was probably meant.
func unknownCategory(category string) string {
	text := "unknown IP service category; it matches only services of this name"
	if strings.HasPrefix(category, "ALL_") {
		text = "unknown IP service category for many services; it is unknown for every address, which denies wherever it matters"
	}
	if meant := jsondoc.Nearest(category, strings.Fields(categories)...); meant != "" {
		text += fmt.Sprintf("; did you mean %q?", meant)
	}
	return text
}
