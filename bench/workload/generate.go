package workload

import (
	"math/rand/v2"
	"strings"

	"github.com/netwicket/netwicket/geo"
)

// How many prefixes of each length networks announce, IPv4 from /8 and IPv6 from
// /20 on, as counted on the internet's full routing table in January 2024.
// Lengths that hardly anybody announces are left out.
var (
	announced4 = [...]int{16, 13, 38, 103, 299, 581, 1203, 2100, 13490, 8235, 13798, 24870, 42611, 50750, 108623, 96510, 537698,
		20, 3, 11, 18, 17, 3, 3, 886}
	announced6 = [...]int{16, 3, 7, 8, 30, 8, 15, 20, 193, 4371, 650, 284, 22548, 2926, 2603, 1043, 5996, 880, 1617, 1377, 13418,
		903, 2301, 1001, 14365, 1553, 3039, 3153, 75488}
)

const (
	shortest4, nested4 = 8, 17  // from /17 on most prefixes lie in shorter ones
	shortest6, nested6 = 20, 33 // all beyond /32 do
)

// The five blocks of IPv6 that the regional registries hand out, each a /12.
var registries6 = [...]uint64{0x2400, 0x2600, 0x2800, 0x2a00, 0x2c00}

// What makes the databases as large as the real ones, which hold about 250,000,
// 670,000 and 85,000 networks.
const (
	asnCount         = 87_000
	sameCountry      = 0.987 // of a prefix inside another
	sameASN          = 0.909
	marked4, marked6 = 0.068, 0.16
)

// The seed decides who lives where. With this one a country that SailPoint's
// configuration blocks is one of those that the rules let in, so that every
// reason of a decision has its clients, as it has on the real internet:
// TestPolicyTellsClientsApart holds it to that.
const seed = 6

// countryCodes are the codes of the generated country database, those with more
// networks first.
const countryCodes = "US CN RU DE GB BR JP FR IN CA AU IT KR NL UA PL ES ID ZA SE TR CH RO AR HK MX TW AT CZ BG SG IR VN TH NO DK FI BE " +
	"CL CO IE HU IL NZ PT GR MY PH EG SA AE PK BD KE NG KZ LT LV EE SK SI HR RS BY MD GE AM AZ UZ KG TJ TM MN KH LA MM LK NP BT " +
	"MV AF IQ SY LB JO KW QA BH OM YE PS CY MT IS LU LI MC AD SM VA AL MK BA ME XK DZ MA TN LY SD SS ET ER DJ SO UG RW BI TZ MZ " +
	"ZM ZW MW BW NA SZ LS AO CD CG GA GQ CM CF TD NE ML BF CI GH TG BJ SN GM GN GW SL LR MR CV ST KM MU SC MG RE YT PE EC BO PY " +
	"UY VE GY SR GF PA CR NI HN SV GT BZ CU DO HT JM BS BB TT GD LC VC AG DM KN PR VI VG KY TC BM AW CW SX BQ GP MQ FJ PG SB VU " +
	"NC PF WS TO KI TV NR PW FM MH GU MP AS CK NU TK WF BN TL MO KP GL FO GI IM JE GG AX PM FK"

// generate makes an internet of the real one's size, with its lengths of
// prefixes, nested as they are there.
func generate() *Internet {
	random := rand.New(rand.NewPCG(1, seed))
	in := &Internet{}
	for i, count := range announced4 {
		in.v4 = append(in.v4, generate4(random, in.v4, uint8(shortest4+i), count)...)
	}
	for i, count := range announced6 {
		in.v6 = append(in.v6, generate6(random, in.v6, uint8(shortest6+i), count)...)
	}
	for i, database := range []*database{in.countries(random), in.operators(random), in.anonymizers(random)} {
		in.Sources[i] = geo.Source{File: "generated-" + database.kind + ".mmdb", Data: database.encode(), Kind: geo.MMDB}
	}
	return in
}

// generate4 makes different prefixes of one length.
func generate4(random *rand.Rand, shorter []prefix4, bits uint8, count int) []prefix4 {
	seen := make(map[uint32]bool, count)
	var made []prefix4
	for len(made) < count {
		first := random.Uint32()
		if bits >= nested4 && random.IntN(10) < 7 {
			outer := shorter[random.IntN(len(shorter))]
			first = outer.first | first&uint32(uint64(1)<<(32-outer.bits)-1)
		}
		first &^= uint32(uint64(1)<<(32-bits) - 1)
		// 0/8, 10/8, 127/8, multicast and above are nobody's.
		if block := first >> 24; block == 0 || block == 10 || block == 127 || block >= 224 || seen[first] {
			continue
		}
		seen[first] = true
		made = append(made, prefix4{first, bits})
	}
	return made
}

func generate6(random *rand.Rand, shorter []prefix6, bits uint8, count int) []prefix6 {
	seen := make(map[uint64]bool, count)
	var made []prefix6
	for len(made) < count {
		outer := prefix6{hi: registries6[random.IntN(len(registries6))] << 48, bits: 12}
		if bits >= nested6 {
			outer = shorter[random.IntN(len(shorter))]
		}
		hi := (outer.hi | random.Uint64()&(^uint64(0)>>outer.bits)) &^ (^uint64(0) >> bits)
		if seen[hi] {
			continue
		}
		seen[hi] = true
		made = append(made, prefix6{hi: hi, bits: bits})
	}
	return made
}

// countries gives every prefix a country; one inside another mostly has the
// same, and then is no network of its own.
func (in *Internet) countries(random *rand.Rand) *database {
	db := newDatabase("GeoLite2-Country")
	var records []int
	for _, code := range strings.Fields(countryCodes) {
		records = append(records, db.record(fields{{"country", fields{{"iso_code", code}}}}))
	}
	in.addAll(db, func(outer int) int {
		if outer != nothing && random.Float64() < sameCountry {
			return outer
		}
		// The fourth power prefers the first ones.
		at := random.Float64()
		return records[int(at*at*at*at*float64(len(records)))]
	})
	return db
}

// operators gives every prefix an ASN, in the same way.
func (in *Internet) operators(random *rand.Rand) *database {
	db := newDatabase("GeoLite2-ASN")
	records := make([]int, asnCount)
	for i := range records {
		records[i] = db.record(fields{{"autonomous_system_number", uint32(1000 + 3*i)}})
	}
	in.addAll(db, func(outer int) int {
		if outer != nothing && random.Float64() < sameASN {
			return outer
		}
		return records[random.IntN(len(records))]
	})
	return db
}

// anonymizers marks a few of the longer prefixes, most of them as hosting providers.
func (in *Internet) anonymizers(random *rand.Rand) *database {
	db := newDatabase("GeoIP2-Anonymous-IP")
	hosting := db.record(fields{{"is_hosting_provider", true}})
	records := []int{
		db.record(fields{{"is_anonymous", true}, {"is_anonymous_vpn", true}}),
		db.record(fields{{"is_anonymous", true}, {"is_tor_exit_node", true}}),
		db.record(fields{{"is_anonymous", true}, {"is_public_proxy", true}}),
		db.record(fields{{"is_anonymous", true}, {"is_anonymous_vpn", true}, {"is_hosting_provider", true}}),
	}
	choose := func(int) int {
		if random.IntN(5) > 0 {
			return hosting
		}
		return records[random.IntN(len(records))]
	}
	for _, p := range in.v4 {
		if p.bits >= nested4 && random.Float64() < marked4 {
			db.add4(p, choose)
		}
	}
	for _, p := range in.v6 {
		if p.bits >= nested6 && random.Float64() < marked6 {
			db.add6(p, choose)
		}
	}
	return db
}

// addAll adds the announced prefixes, in their order: shorter ones, which others
// lie in, come first.
func (in *Internet) addAll(db *database, choose func(outer int) int) {
	for _, p := range in.v4 {
		db.add4(p, choose)
	}
	for _, p := range in.v6 {
		db.add6(p, choose)
	}
}
