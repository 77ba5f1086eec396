// Manages an Okta tenant with Okta's own SDK: everything that the SDK can do with
// zones, ThreatInsight, policies and rules. What is not as it should be throws.
// The environment says where: BASE, and TOKEN or CLIENT, KEY (PEM) and DPOP.
import assert from 'node:assert/strict';
import okta from '@okta/okta-sdk-nodejs';

const { BASE, TOKEN, CLIENT, KEY } = process.env;

const scopes = ['okta.networkZones.manage', 'okta.threatInsights.manage', 'okta.policies.manage'];

function connect() {
  return TOKEN
    ? new okta.Client({ orgUrl: BASE, token: TOKEN })
    : new okta.Client({ orgUrl: BASE, authorizationMode: 'PrivateKey', clientId: CLIENT, scopes, privateKey: KEY, keyId: 'k1' });
}

async function all(collection) {
  const list = [];
  await collection.each(item => { list.push(item); });
  return list;
}

async function refused(status, code, call) {
  let error;
  try {
    await call();
  } catch (e) {
    error = e;
  }
  assert.ok(error, 'expected a refusal');
  assert.equal(error.status, status, error.message);
  assert.equal(error.errorCode, code, error.message);
  return error;
}

const client = connect();
const zones = client.networkZoneApi;

// IP zones: create, read, list over pages, filter, update, lifecycle, delete.
const made = [];
for (let i = 0; i < 5; i++) {
  made.push(await zones.createNetworkZone({ zone: {
    type: 'IP', name: `node ${i}`, usage: 'POLICY', gateways: [{ type: 'CIDR', value: `192.0.2.${i}/32` }], proxies: [{ type: 'RANGE', value: '198.51.100.1' }],
  } }));
}
assert.equal(made[0].status, 'ACTIVE');
const got = await zones.getNetworkZone({ zoneId: made[0].id });
assert.equal(got.name, 'node 0');
assert.equal(got.proxies[0].value, '198.51.100.1-198.51.100.1');
const listed = await all(await zones.listNetworkZones({ limit: 2 }));
assert.deepEqual(listed.filter(z => !z.system).map(z => z.name), made.map(z => z.name));
const filtered = await all(await zones.listNetworkZones({ filter: `id eq "${made[1].id}" or id eq "${made[3].id}"`, limit: 1 }));
assert.deepEqual(filtered.map(z => z.name), ['node 1', 'node 3']);
got.gateways = [{ type: 'CIDR', value: '192.0.2.128/25' }];
const replaced = await zones.replaceNetworkZone({ zoneId: got.id, zone: got });
assert.equal(replaced.gateways[0].value, '192.0.2.128/25');
assert.equal((await zones.deactivateNetworkZone({ zoneId: got.id })).status, 'INACTIVE');
assert.equal((await zones.activateNetworkZone({ zoneId: got.id })).status, 'ACTIVE');
await refused(400, 'E0000001', () => zones.deleteNetworkZone({ zoneId: got.id }));

// Enhanced dynamic zones, as far as the SDK can: its lists of asns and locations
// arrive as objects, which must be refused and leave the zone alone.
const dynamic = await zones.createNetworkZone({ zone: { type: 'DYNAMIC_V2', name: 'node services', usage: 'BLOCKLIST', ipServiceCategories: { include: ['ALL_ANONYMIZERS'] } } });
assert.deepEqual(dynamic.ipServiceCategories.include, ['ALL_ANONYMIZERS']);
await refused(400, 'E0000003', () => zones.createNetworkZone({ zone: { type: 'DYNAMIC', name: 'node asns', asns: ['64496'] } }));
dynamic.locations = { include: [{ country: 'US' }] };
await refused(400, 'E0000003', () => zones.replaceNetworkZone({ zoneId: dynamic.id, zone: dynamic }));
const kept = await zones.getNetworkZone({ zoneId: dynamic.id });
assert.deepEqual(kept.ipServiceCategories.include, ['ALL_ANONYMIZERS']);
assert.equal(Object.keys(kept.locations.include).length, 0);
await zones.deactivateNetworkZone({ zoneId: dynamic.id });
await zones.deleteNetworkZone({ zoneId: dynamic.id });
await refused(404, 'E0000007', () => zones.getNetworkZone({ zoneId: dynamic.id }));

// ThreatInsight.
const threats = client.threatInsightApi;
assert.equal((await threats.getCurrentConfiguration()).action, 'none');
const threat = await threats.updateConfiguration({ threatInsightConfiguration: { action: 'block', excludeZones: [made[2].id] } });
assert.equal(threat.action, 'block');
await zones.deactivateNetworkZone({ zoneId: made[2].id });
await refused(400, 'E0000001', () => zones.deleteNetworkZone({ zoneId: made[2].id })); // ThreatInsight names it
await threats.updateConfiguration({ threatInsightConfiguration: { action: 'none' } });
await zones.deleteNetworkZone({ zoneId: made[2].id });

// Policies and rules.
const policies = client.policyApi;
const policy = await policies.createPolicy({ policy: { type: 'OKTA_SIGN_ON', name: 'node', description: 'd', conditions: { people: { groups: { include: ['00g1'] } } } } });
assert.equal(policy.status, 'ACTIVE');
const rule = await policies.createPolicyRule({ policyId: policy.id, policyRule: {
  type: 'SIGN_ON', name: 'not from there', actions: { signon: { access: 'DENY' } }, conditions: { network: { connection: 'ZONE', include: [made[1].id] } },
} });
assert.equal(rule.priority, 1);
await policies.createPolicyRule({ policyId: policy.id, policyRule: { type: 'SIGN_ON', name: 'else', actions: { signon: { access: 'ALLOW' } }, conditions: { network: { connection: 'ANYWHERE' } } } });
assert.deepEqual((await all(await policies.listPolicyRules({ policyId: policy.id }))).map(r => r.name), ['not from there', 'else']);
await zones.deactivateNetworkZone({ zoneId: made[1].id });
await refused(400, 'E0000001', () => zones.deleteNetworkZone({ zoneId: made[1].id })); // a rule names it
await zones.activateNetworkZone({ zoneId: made[1].id });
await policies.deactivatePolicyRule({ policyId: policy.id, ruleId: rule.id });
assert.equal((await policies.getPolicyRule({ policyId: policy.id, ruleId: rule.id })).status, 'INACTIVE');
await policies.activatePolicyRule({ policyId: policy.id, ruleId: rule.id });
assert.ok((await all(await policies.listPolicies({ type: 'OKTA_SIGN_ON' }))).some(p => p.name === 'Default Policy'));

// What stays, for the gateway to decide by.
const blocked = await zones.createNetworkZone({ zone: { type: 'IP', name: 'node blocked', usage: 'BLOCKLIST', gateways: [{ type: 'CIDR', value: '203.0.113.0/24' }] } });
console.log(JSON.stringify({ blocked: blocked.id, denied: made[1].id }));
