// node rudder-node.mjs HOST KEY USER COUNT: the official SDK, only its data plane set.
import RudderAnalytics from '@rudderstack/rudder-sdk-node';

// What the shop knows of this customer's choice goes with each event.
const context = { consent: { categoryPreferences: { analytics: true } } };
const [host, writeKey, userId, count] = process.argv.slice(2);
const rudder = new RudderAnalytics(writeKey, { dataPlaneUrl: host, flushAt: 8 });

const sent = [];
for (let n = 0; n < Number(count); n++) {
  sent.push(new Promise((resolve) => {
    rudder.track({ userId, event: 'Numbered', properties: { n }, context }, (error) => {
      if (error) { console.error(String(error)); process.exitCode = 1; }
      resolve();
    });
  }));
}
rudder.flush();
await Promise.all(sent);
process.exit();
