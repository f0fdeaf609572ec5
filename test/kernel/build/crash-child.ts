/** An engine of its own process that builds once and says how far it is: to be killed. argv: data root, run root, context tar. */
import { createReadStream } from 'node:fs';
import { silentLogger } from '../../../src/base/index.ts';
import { createBuilder } from '../../../src/runtime/build/index.ts';
import { createLayout, openRuntime } from '../../../src/runtime/index.ts';

const [root = '', run = '', context = ''] = process.argv.slice(2);
const runtime = await openRuntime({ layout: createLayout({ root, run }), logger: silentLogger, createBuilder: (parts) => createBuilder(parts.ctx, parts) });
process.stdout.write('opened\n');
const extra = { secrets: { s: Buffer.from('secret').toString('base64') } };
for await (const message of await runtime.images.build({ tags: ['crash:1'], extra }, createReadStream(context))) {
  process.stdout.write(message.stream ?? (message.error === undefined ? '' : `failed: ${message.error}\n`));
}
process.stdout.write('built\n');
await runtime.close();
