// Runs inside a container's namespace: node dns-client.mjs METHOD NAME [SERVER]; prints JSON.
import { Resolver } from 'node:dns/promises';

const [method, name, server = '127.0.0.11'] = process.argv.slice(2);
const resolver = new Resolver({ timeout: 3000, tries: 1 });
resolver.setServers([server]);
try {
  const result = await resolver[method](name);
  console.log(JSON.stringify({ result }));
} catch (error) {
  console.log(JSON.stringify({ code: error.code }));
}
