/** An engine core that works until it is killed: makes, starts, stops and removes containers in a loop, several at a time. */
import { silentLogger } from '../../../src/base/index.ts';
import { createLayout, openRuntime } from '../../../src/runtime/index.ts';

const [root = '', run = '', image = ''] = process.argv.slice(2);
const runtime = await openRuntime({ layout: createLayout({ root, run }), logger: silentLogger });
process.stdout.write('ready\n');

async function work(lane: number): Promise<never> {
  for (let turn = 0; ; turn++) {
    const name = `lane${lane}-${turn}-${process.pid}`;
    const { Id } = await runtime.containers.create(
      { Image: image, Cmd: ['sh', '-c', 'echo begun; exec sleep 1000'], Volumes: { '/anon': {} }, HostConfig: { NetworkMode: 'none', Memory: 32 << 20 } },
      { name },
    );
    await runtime.containers.start(Id);
    if (turn % 3 === 0) await runtime.containers.restart(Id, { t: 0 });
    if (turn % 2 === 0) await runtime.containers.stop(Id, { t: 0 });
    await runtime.containers.remove(Id, { force: true, v: true });
  }
}
for (let lane = 0; lane < 4; lane++) void work(lane);
