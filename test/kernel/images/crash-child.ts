/** Works on an images room without end, until it is killed: import, commit, tag, remove, save and load. argv: state root. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { silentLogger } from '../../../src/base/index.ts';
import { createLayout } from '../../../src/runtime/layout.ts';
import { openImages } from '../../../src/runtime/images/index.ts';
import { drain, stream, tar } from './tars.ts';

const root = process.argv[2] ?? '';
const room = await openImages({
  layout: createLayout({ root, run: join(root, 'run') }),
  logger: silentLogger,
  events: { publish: () => {} },
  usage: { ofImage: () => [], ofVolume: () => [], list: () => [], resolve: () => ({ id: '', name: '', running: false }) },
});
for (const id of await room.snapshots.list()) await room.snapshots.remove(id);
process.stdout.write('ready\n');

for (let i = 0; ; i++) {
  const text = `${process.pid}-${i}`;
  await drain(await room.api.import({ repo: 'base', tag: String(i % 3) }, stream(tar([{ path: 'content', content: text.repeat(1000) }]))));
  const base = await room.resolve(`base:${i % 3}`);
  await room.snapshots.prepare('step', base.record);
  const merged = await room.snapshots.mount('step');
  writeFileSync(join(merged, 'content'), text);
  const layer = await room.writer.commitSnapshot('step');
  if (!layer) throw new Error('nothing was committed');
  const layers = [...base.record.layers.map((one) => ({ ...one, unpackedSize: 0 })), layer];
  const config = { architecture: 'amd64', os: 'linux', config: { Labels: { content: text } }, rootfs: { type: 'layers' as const, diff_ids: layers.map((one) => one.diffId) } };
  await room.writer.createImage(config, layers, [`app:${i % 4}`]);
  await room.snapshots.remove('step');
  if (i % 2 === 0) await drain(await room.api.load(await room.api.save([`app:${i % 4}`])));
  if (i % 5 === 4) await room.api.remove(`app:${(i + 1) % 4}`).catch(() => {});
}
