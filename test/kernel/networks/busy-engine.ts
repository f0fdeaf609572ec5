/** An engine that attaches and detaches for ever on the state root given, until it is killed: `busy-engine <root> <run>`. */
import { newId, silentLogger } from '../../../src/base/index.ts';
import { createLayout } from '../../../src/runtime/layout.ts';
import { openNetworks } from '../../../src/runtime/networks/index.ts';
import { plainRequest } from './room.ts';

const [root, run] = process.argv.slice(2);
if (root === undefined || run === undefined) throw new Error('usage: busy-engine <root> <run>');
const room = await openNetworks(
  {
    layout: createLayout({ root, run }),
    logger: silentLogger,
    events: { publish: () => {} },
    usage: { ofImage: () => [], ofVolume: () => [], list: () => [], resolve: () => ({ id: '', name: '', running: false }) },
  },
  { containers: { networksChanged: async () => {} } },
);
await room.reconcile(new Set());
console.log('ready');
for (let round = 0; ; round++) {
  await room.api.create({ Name: `net-${round}` });
  const ids = Array.from({ length: 6 }, () => newId());
  await Promise.all(
    ids.map((id, i) => room.attach({ ...plainRequest(id, `c-${i}`, { [`net-${round}`]: {}, bridge: {} }), portBindings: { '80/tcp': [{ HostPort: '' }], '53/udp': [{ HostPort: '' }] } })),
  );
  await Promise.all(ids.map((id) => room.detach(id)));
  await room.api.remove(`net-${round}`);
}
