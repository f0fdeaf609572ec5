/** Mistakes a user makes: one clear message with the place and the mend, docker compose's exit code, nothing half-made. */
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importBusybox } from '../support/busybox-image.ts';
import { noContainers, title } from '../support/host.ts';
import { freePort, Workspace } from '../support/workspace.ts';

const reason = noContainers();

describe.skipIf(reason)(title('bad input', reason), () => {
  const space = new Workspace('bad');
  beforeAll(() => importBusybox(space));
  afterAll(() => expect(space.dispose()).toEqual([]));

  const made = () => space.docker(['ps', '-aq']).stdout + space.docker(['network', 'ls', '-q', '--filter', 'type=custom']).stdout;

  it.each([
    ['an unknown key', 'services:\n  web:\n    image: busybox\n    volume: [x]\n', 15, /compose\.yaml:4:5.*volume[\s\S]*did you mean.*volumes/i],
    ['a wrong type', 'services:\n  web:\n    image: busybox\n    ports: 80\n', 15, /compose\.yaml:4:\d+.*ports/],
    ['broken YAML', 'services:\n  web: [\n', 15, /compose\.yaml:\d+:\d+/],
    ['a cycle', 'services:\n  a: {image: busybox, depends_on: [b]}\n  b: {image: busybox, depends_on: [a]}\n', 15, /a -> b -> a/],
    ['an undefined network', 'services:\n  web:\n    image: busybox\n    networks: [nope]\n', 15, /compose\.yaml:4:\d+.*nope/],
    ['an undefined dependency', 'services:\n  web:\n    image: busybox\n    depends_on: [nope]\n', 15, /compose\.yaml:4:\d+.*nope/],
    ['a bad port', 'services:\n  web:\n    image: busybox\n    ports: ["80800:80"]\n', 15, /compose\.yaml:4:\d+.*80800/],
  ])('%s is refused with its place', (_what, yaml, exitCode, message) => {
    space.write('compose.yaml', yaml);
    const result = space.call(['up', '-d']);
    expect(result.output).toMatch(message);
    expect(result.exitCode).toBe(exitCode);
    expect(result.output).not.toMatch(/ at .*\.[cm]?js:\d+/); // no stack
    expect(made()).toBe('');
  });

  it('a missing file exits 14, an unknown command 16', () => {
    expect(space.call(['-f', 'nowhere.yaml', 'up', '-d'])).toMatchObject({ exitCode: 14 });
    expect(space.call(['frobnicate'])).toMatchObject({ exitCode: 16 });
  });

  it('an image that nobody has names the image', () => {
    space.write('compose.yaml', 'services:\n  web:\n    image: nowhere.invalid/none:1\n');
    const result = space.call(['up', '-d']);
    expect(result.exitCode).toBe(18);
    expect(result.output).toContain('nowhere.invalid/none:1');
    expect(space.docker(['ps', '-aq']).stdout).toBe('');
    space.ok(['down']);
  });

  it('a port of another container names both, and its own project keeps it', async () => {
    const port = await freePort();
    const yaml = `services:\n  web:\n    image: busybox\n    command: ["sleep", "1000"]\n    stop_grace_period: 0s\n    ports: ["127.0.0.1:${port}:80"]\n`;
    space.write('first/compose.yaml', yaml);
    space.write('second/compose.yaml', yaml);
    const [first, second] = ['first', 'second'].map((name) => ({ cwd: `${space.directory}/${name}` }));
    space.ok(['up', '-d'], first);
    const result = space.call(['up', '-d'], second);
    expect(result.exitCode).toBe(1);
    expect(result.output).toMatch(new RegExp(`${port}.*(already allocated|in use)`));
    expect(result.output).toContain('first-web-1');
    expect(space.ok(['ps', '--format', '{{.State}}'], first).stdout).toBe('running\n');
    expect(space.ok(['ps', '-q'], second).stdout).toBe('');
    for (const project of [second, first]) space.ok(['down'], project);
    expect(made()).toBe('');
  });

  it('a port in use names the port, its holder, and leaves the service stopped', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const port = (server.address() as { port: number }).port;
    try {
      space.write('compose.yaml', `services:\n  web:\n    image: busybox\n    command: ["sleep", "1000"]\n    ports: ["127.0.0.1:${port}:80"]\n`);
      const result = space.call(['up', '-d']);
      expect(result.exitCode).toBe(1);
      expect(result.output).toContain(String(port));
      expect(result.output).toMatch(/address already in use|already allocated/);
      expect(result.output).toContain(`pid ${process.pid}`);
      expect(space.docker(['ps', '-q']).stdout).toBe('');
    } finally {
      server.close();
      space.ok(['down']);
    }
  });

  it('a container name in use is a conflict that names both', () => {
    space.docker(['run', '-d', '--name', 'taken', 'busybox', 'sleep', '1000']);
    space.write('compose.yaml', 'services:\n  web:\n    image: busybox\n    container_name: taken\n    command: ["sleep", "1000"]\n');
    const result = space.call(['up', '-d']);
    expect(result.exitCode).toBe(1);
    expect(result.output).toMatch(/taken.*already in use/s);
    space.docker(['rm', '-f', 'taken']);
    space.ok(['down']);
  });

  it('a service that dies while others wait for it is named with its exit code and last log lines', () => {
    space.write(
      'compose.yaml',
      'services:\n  job:\n    image: busybox\n    command: ["sh", "-c", "echo about to fail; exit 3"]\n  web:\n    image: busybox\n    command: ["sleep", "1000"]\n    depends_on: {job: {condition: service_completed_successfully}}\n',
    );
    const result = space.call(['up', '-d']);
    expect(result.exitCode).toBe(1);
    expect(result.output).toMatch(/job/);
    expect(result.output).toMatch(/exit.*3/);
    expect(result.output).toContain('about to fail');
    space.ok(['down']);
  });

  it('a missing program in the image says which', () => {
    space.write('compose.yaml', 'services:\n  web:\n    image: busybox\n    command: ["no-such-program"]\n');
    const result = space.call(['up', '-d']);
    expect(result.exitCode).toBe(1);
    expect(result.output).toMatch(/web.*exec: "no-such-program": executable file not found/);
    space.ok(['down']);
  });
});
