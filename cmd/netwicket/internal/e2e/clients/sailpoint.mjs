// Manages SailPoint's network configuration with SailPoint's own SDK. What is not
// as it should be throws. The environment says where: BASE, CLIENT and SECRET.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const { Configuration, GlobalTenantSecuritySettingsApi, AuthProfileV2024Api, GlobalTenantSecuritySettingsV2024Api } = createRequire(import.meta.url)('sailpoint-api-client');

const { BASE, CLIENT, SECRET, PROFILE } = process.env;
const configuration = new Configuration({ baseurl: BASE, clientId: CLIENT, clientSecret: SECRET, tokenUrl: `${BASE}/oauth/token` });
configuration.experimental = true;
const api = new GlobalTenantSecuritySettingsApi(configuration);

async function refused(status, call) {
  let error;
  try {
    await call();
  } catch (e) {
    error = e;
  }
  assert.ok(error, 'expected a refusal');
  assert.equal(error.response?.status, status, String(error));
  return error.response.data;
}

await refused(404, () => api.getAuthOrgNetworkConfig());
const example = { range: ['1.3.7.2', '255.255.255.252/30'], whitelisted: true, geolocation: ['CA', 'FR', 'HT'] };
assert.deepEqual((await api.createAuthOrgNetworkConfig({ networkConfiguration: example })).data, example);
assert.deepEqual((await api.getAuthOrgNetworkConfig()).data, example);
const patched = await api.patchAuthOrgNetworkConfig({ jsonPatchOperation: [{ op: 'replace', path: '/geolocation', value: null }] });
assert.deepEqual(patched.data, { ...example, geolocation: null });
const wrong = await refused(400, () => api.patchAuthOrgNetworkConfig({ jsonPatchOperation: [{ op: 'replace', path: '/description', value: 'x' }] }));
assert.match(wrong.detailCode, /^400\.1\.1/);
await refused(400, () => api.createAuthOrgNetworkConfig({ networkConfiguration: { range: ['10.0.0.1-10.0.0.9'] } }));
assert.deepEqual((await new GlobalTenantSecuritySettingsV2024Api(configuration).getAuthOrgNetworkConfig({ xSailPointExperimental: 'true' }).catch(() => api.getAuthOrgNetworkConfig())).data, patched.data);

assert.equal((await api.getAuthOrgLockoutConfig()).data.maximumAttempts, 5);
assert.equal((await api.patchAuthOrgLockoutConfig({ jsonPatchOperation: [{ op: 'replace', path: '/maximumAttempts', value: 7 }] })).data.maximumAttempts, 7);
assert.equal((await api.patchAuthOrgSessionConfig({ jsonPatchOperation: [{ op: 'replace', path: '/rememberMe', value: true }] })).data.rememberMe, true);
assert.equal((await api.getAuthOrgServiceProviderConfig()).data.enabled, false);

const profiles = new AuthProfileV2024Api(configuration);
assert.equal((await profiles.getProfileConfigList({ xSailPointExperimental: 'true' })).data[0].id, PROFILE);
const profile = await profiles.patchProfileConfig({ id: PROFILE, xSailPointExperimental: 'true', jsonPatchOperationV2024: [{ op: 'replace', path: '/untrustedGeography', value: true }] });
assert.equal(profile.data.untrustedGeography, true);
await profiles.patchProfileConfig({ id: PROFILE, xSailPointExperimental: 'true', jsonPatchOperationV2024: [{ op: 'replace', path: '/untrustedGeography', value: false }, { op: 'replace', path: '/offNetwork', value: true }] });
console.log(JSON.stringify(patched.data));
