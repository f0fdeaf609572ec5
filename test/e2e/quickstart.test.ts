import { afterAll, describe, expect, it } from 'vitest';
import { noContainers, title } from '../support/host.ts';
import { Workspace, eventually, freePort, http } from '../support/workspace.ts';

const reason = noContainers();

describe.skipIf(reason)(title('the quickstart, as a newcomer runs it', reason), () => {
  const space = new Workspace('quick');
  afterAll(() => expect(space.dispose()).toEqual([]));

  it('builds, starts, waits for health, answers on its port, logs, and goes without a trace', async () => {
    const cwd = space.useExample('quickstart');
    space.exec(['cp', '/bin/busybox', 'base/busybox'], { cwd });
    const port = await freePort();
    const env = { QUICKSTART_PORT: String(port), GREETING: 'Good morning' };

    space.ok(['up', '-d', '--build', '--wait'], { cwd, env });

    const services = space.ok(['ps', '--format', 'json'], { cwd, env }).stdout.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(services.map(({ Service, State, Health }) => [Service, State, Health])).toEqual([
      ['web', 'running', 'healthy'],
      ['writer', 'running', ''],
    ]);
    const page = await eventually('a page by the writer', async () => {
      const text = (await http(`http://127.0.0.1:${port}/`)).text;
      return text.includes('Good morning') && text;
    });
    expect(page).toMatch(/Page \d+, written by container [0-9a-f]{12}/);
    await eventually('a log line of the writer', () => /writer-1 +\| writer: web serves "Page \d+/.test(space.ok(['logs', 'writer'], { cwd, env }).stdout));
    expect(space.call(['plan'], { cwd, env }).exitCode).toBe(0);

    space.ok(['down', '-v'], { cwd, env });
    await expect(http(`http://127.0.0.1:${port}/`)).rejects.toThrow();
    expect(space.docker(['ps', '-aq']).stdout + space.docker(['volume', 'ls', '-q']).stdout).toBe('');
  });
});
