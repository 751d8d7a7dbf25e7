// node segment-node.mjs HOST KEY USER COUNT: the official SDK, only its host set.
import { Analytics } from '@segment/analytics-node';

// What the shop knows of this customer's choice goes with each event.
const context = { consent: { categoryPreferences: { analytics: true } } };
const [host, writeKey, userId, count] = process.argv.slice(2);
// flushAt makes several batches of a short test; everything else is as the SDK ships.
const analytics = new Analytics({ writeKey, host, flushAt: 8 });
analytics.on('error', (error) => { console.error(error.code, error.reason); process.exitCode = 1; });

for (let n = 0; n < Number(count); n++) {
  analytics.track({ userId, event: 'Numbered', properties: { n }, context });
}
await analytics.closeAndFlush({ timeout: 50000 });
