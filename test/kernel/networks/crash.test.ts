import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import { bundleProgram } from './bundle.ts';
import { openTestRoom } from './room.ts';

const ROUNDS = 12;

it('an engine killed at any moment leaves nothing that the next one does not take away, and nothing stops working', async () => {
  const program = bundleProgram('busy-engine');
  const test = await openTestRoom();
  try {
    for (let round = 0; round < ROUNDS; round++) {
      await test.room.close();
      const engine = spawn(process.execPath, [program, test.layout.root, test.layout.run], { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(engine.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, round * 13));
      engine.kill('SIGKILL');
      await once(engine, 'exit');
      await test.reopen();
      await test.room.reconcile(new Set());
      expect(await test.room.api.list({ dangling: ['false'], type: ['custom'] })).toEqual([]);
      for (const network of await test.room.api.list({ type: ['custom'] })) await test.room.api.remove(network.Id);
      const { Id } = await test.room.api.create({ Name: 'after' });
      const box = await test.attach('box', { after: {} }, { portBindings: { '80/tcp': [{ HostPort: '' }] } });
      expect(box.endpoints['after']?.NetworkID).toBe(Id);
      expect(test.run(box.id, ['busybox', 'ping', '-c1', '-W5', box.endpoints['after']?.Gateway ?? '']).code).toBe(0);
      await test.room.detach(box.id);
      await test.room.api.remove('after');
    }
  } finally {
    expect(await test.close()).toEqual([]);
    rmSync(program);
  }
});
