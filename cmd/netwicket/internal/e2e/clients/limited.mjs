// Waits out a rate limit as Okta's SDK does. The environment says where: BASE,
// TOKEN, and how many requests: COUNT.
import assert from 'node:assert/strict';
import okta from '@okta/okta-sdk-nodejs';

const client = new okta.Client({ orgUrl: process.env.BASE, token: process.env.TOKEN });
let waited = 0;
client.requestExecutor.on('backoff', () => { waited++; });
for (let i = 0; i < Number(process.env.COUNT); i++) {
  await (await client.networkZoneApi.listNetworkZones()).each(() => false);
}
assert.ok(waited > 0, 'the limit was never reached');
console.log(JSON.stringify({ waited }));
