/** Every command that works on running containers, through the built program and our own engine. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importBusybox } from '../../support/busybox-image.ts';
import { noContainers, title } from '../../support/host.ts';
import { Workspace, eventually, freePort } from '../../support/workspace.ts';

const reason = noContainers();

describe.skipIf(reason)(title('commands on containers', reason), () => {
  const space = new Workspace('cmds');
  let port = 0;
  const lines = (text: string): string[] => text.trim().split('\n').filter((line) => line !== '');
  const json = (args: readonly string[]): Record<string, unknown>[] => lines(space.ok(args).stdout).map((line) => JSON.parse(line) as Record<string, unknown>);

  beforeAll(async () => {
    importBusybox(space);
    port = await freePort();
    space.write(
      'compose.yaml',
      `name: cmds
services:
  web:
    image: busybox
    command: sh -c 'echo to stdout; echo to stderr >&2; exec sleep 1000'
    ports: ["127.0.0.1:${port}:80"]
    volumes: [data:/data]
    stop_grace_period: 0s
  pair:
    image: busybox
    command: sleep 1000
    scale: 2
    stop_grace_period: 0s
  job:
    image: busybox
    command: sh -c 'echo done; exit 3'
volumes: {data: {}}
`,
    );
    space.ok(['up', '-d']);
    await eventually('the end of the job', () => json(['ps', '-a', '--format', 'json', 'job'])[0]?.['State'] === 'exited');
  });
  afterAll(() => {
    space.ok(['down', '-v', '--remove-orphans']);
    expect(space.dispose()).toEqual([]);
  });

  it('ps lists what runs, with -a also what does not', () => {
    expect(json(['ps', '--format', 'json']).map((c) => c['Name'])).toEqual(['cmds-pair-1', 'cmds-pair-2', 'cmds-web-1']);
    expect(json(['ps', '-a', '--format', 'json', 'job'])[0]).toMatchObject({ Name: 'cmds-job-1', Service: 'job', State: 'exited', ExitCode: 3, Project: 'cmds', Image: 'busybox' });
    expect(lines(space.ok(['ps', '-q', 'web']).stdout)[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(lines(space.ok(['ps', '--services']).stdout)).toEqual(['pair', 'web']);
    expect(lines(space.ok(['ps', '--status', 'exited', '--format', '{{.Service}} {{.ExitCode}}']).stdout)).toEqual(['job 3']);
    expect(space.ok(['ps', '--format', 'table {{.Name}}\\t{{.Ports}}', 'web']).stdout).toBe(`NAME         PORTS\ncmds-web-1   127.0.0.1:${port}->80/tcp\n`);
    expect(space.call(['ps', 'nope'])).toMatchObject({ exitCode: 1, stdout: '' });
  });

  it('build takes --progress before and after its name', () => {
    space.write('built.yaml', 'name: cmds\nservices: {made: {image: "cmds-made", build: {dockerfile_inline: "FROM busybox\\nENV A=1"}}}\n');
    const kinds = (args: readonly string[]): unknown[] => lines(space.ok(['-f', 'built.yaml', ...args]).stderr).map((line) => (JSON.parse(line) as { type?: string }).type);
    expect(kinds(['--progress', 'json', 'build'])).toContain('build');
    expect(kinds(['build', '--progress', 'json'])).toContain('build');
    expect(space.ok(['-f', 'built.yaml', 'build', '--progress=quiet']).stderr).toBe('');
    expect(space.call(['-f', 'built.yaml', 'build', '--progress', 'loud'])).toMatchObject({ exitCode: 1 });
  });

  it('ps -p NAME works without a file, in any directory', () => {
    expect(lines(space.ok(['-p', 'cmds', 'ps', '-q'], { cwd: '/' }).stdout)).toHaveLength(3);
    expect(lines(space.ok(['-p', 'nobody', 'ps', '-q'], { cwd: '/' }).stdout)).toEqual([]);
  });

  it('ls counts containers by state', () => {
    const project = { Name: 'cmds', ConfigFiles: join(space.directory, 'compose.yaml') };
    expect(JSON.parse(space.ok(['ls', '--format', 'json']).stdout)).toEqual([{ ...project, Status: 'running(3)' }]);
    expect(JSON.parse(space.ok(['ls', '-a', '--format', 'json']).stdout)).toEqual([{ ...project, Status: 'exited(1), running(3)' }]);
    expect(space.ok(['ls', '-q', '--filter', 'name=^x']).stdout).toBe('');
  });

  it('images, volumes, port and top say what docker compose says', () => {
    expect(JSON.parse(space.ok(['images', '--format', 'json', 'web']).stdout)).toMatchObject([{ ContainerName: 'cmds-web-1', Repository: 'busybox', Tag: 'latest' }]);
    expect(lines(space.ok(['volumes', '-q']).stdout)).toEqual(['cmds_data']);
    expect(space.ok(['port', 'web', '80']).stdout).toBe(`127.0.0.1:${port}\n`);
    expect(space.call(['port', 'web', '81'])).toMatchObject({ exitCode: 1, stdout: '' });
    expect(space.ok(['top', 'pair']).stdout).toMatch(/^cmds-pair-1\n.*\n.*sleep 1000\n\ncmds-pair-2\n/);
  });

  it('stats gives figures once', () => {
    const [row] = json(['stats', '--no-stream', '--format', 'json', 'web']);
    expect(row).toMatchObject({ Name: 'cmds-web-1', PIDs: '1' });
    expect(String(row?.['MemUsage'])).toMatch(/^[\d.]+[KM]iB \/ [\d.]+[GT]iB$/);
  });

  it('logs have prefixes, and both streams', () => {
    expect(lines(space.ok(['logs', 'web']).stdout).sort()).toEqual(['web-1  | to stderr', 'web-1  | to stdout']);
    expect(space.ok(['logs', '--no-log-prefix', 'job']).stdout).toBe('done\n');
    expect(space.ok(['logs', '-t', '--no-log-prefix', 'job']).stdout).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z done\n$/);
    expect(space.ok(['logs', '--tail', '0']).stdout).toBe('');
    expect(space.ok(['logs', '--until', '2020-01-01']).stdout).toBe('');
    expect(space.call(['logs', 'nope'])).toMatchObject({ exitCode: 1 });
    expect(space.ok(['logs', '--index', '0', 'job']).stdout).toBe('job-1  | done\n');
    expect(space.call(['logs', '--index', '7', 'job'])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('service "job" has no container #7') });
    expect(space.call(['logs', '--index', '1'])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('--index requires one service') });
  });

  it('exec passes streams, environment, user, directory and exit code', () => {
    expect(space.call(['exec', '-T', 'web', 'sh', '-c', 'echo out; echo err >&2; exit 7'])).toMatchObject({ exitCode: 7, stdout: 'out\n', stderr: 'err\n' });
    expect(space.ok(['exec', '-T', 'web', 'cat'], { input: 'from stdin' }).stdout).toBe('from stdin');
    expect(space.ok(['exec', '-T', '-e', 'A=b=c', '-e', 'MINE', '-w', '/tmp', '-u', 'nobody', 'web', 'sh', '-c', 'echo $A $MINE $PWD $(id -un)'], { env: { MINE: 'inherited' } }).stdout).toBe('b=c inherited /tmp nobody\n');
    expect(space.ok(['exec', '-T', '--index', '2', 'pair', 'hostname']).stdout).toBe(`${space.ok(['ps', '-q', 'pair']).stdout.split('\n')[1]?.slice(0, 12)}\n`);
    expect(space.call(['exec', '-T', 'job', 'true'])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('service "job" is not running') });
    expect(space.call(['exec', '-T', 'web', 'no-such-program']).exitCode).toBe(127);
  });

  it('exec -d returns at once', async () => {
    space.ok(['exec', '-d', 'web', 'sh', '-c', 'sleep 0.2; echo late > /data/late']);
    await eventually('what the process wrote', () => space.call(['exec', '-T', 'web', 'cat', '/data/late']).stdout === 'late\n');
  });

  it('run starts a one-off container and gives its exit code', () => {
    expect(space.call(['run', '--rm', '-T', '-e', 'X=1', 'job', 'sh', '-c', 'echo $X; exit 9'])).toMatchObject({ exitCode: 9, stdout: '1\n' });
    expect(space.ok(['run', '--rm', '-T', 'job', 'cat'], { input: 'piped' }).stdout).toBe('piped');
    const id = space.ok(['run', '-d', '--name', 'cmds-named', '-v', `${space.directory}:/mine:ro`, 'job', 'sh', '-c', 'ls /mine; sleep 1000']).stdout.trim();
    expect(id).toBe(space.docker(['inspect', '-f', '{{.Id}}', 'cmds-named']).stdout.trim());
    expect(json(['ps', '--format', 'json']).map((c) => c['Name'])).not.toContain('cmds-named');
    expect(json(['ps', '-a', '--format', 'json']).map((c) => c['Name'])).toContain('cmds-named');
    expect(space.docker(['rm', '-f', 'cmds-named']).exitCode).toBe(0);
  });

  it('cp copies both ways', () => {
    mkdirSync(join(space.directory, 'tree/sub'), { recursive: true });
    writeFileSync(join(space.directory, 'tree/sub/file'), 'content');
    space.ok(['cp', 'tree', 'web:/data/tree']);
    expect(space.ok(['exec', '-T', 'web', 'cat', '/data/tree/sub/file']).stdout).toBe('content');
    space.ok(['cp', 'web:/data/tree/.', 'back'].map((arg) => (arg === 'back' ? join(space.directory, 'tree') : arg)));
    space.ok(['cp', 'web:/data/tree', join(space.directory, 'back')]);
    expect(readFileSync(join(space.directory, 'back/sub/file'), 'utf8')).toBe('content');
    expect(space.ok(['cp', 'web:/data/tree/sub/file', '-']).stdout).toContain('content');
    expect(space.call(['cp', 'web:/nope', 'x']).exitCode).toBe(1);
  });

  it('pause, unpause, kill, stop, start and restart change the state', () => {
    const state = (): unknown => json(['ps', '-a', '--format', 'json', 'web'])[0]?.['State'];
    space.ok(['pause', 'web']);
    expect(state()).toBe('paused');
    space.ok(['unpause', 'web']);
    expect(state()).toBe('running');
    space.ok(['stop', 'web']);
    expect(state()).toBe('exited');
    space.ok(['start', 'web']);
    expect(state()).toBe('running');
    space.ok(['exec', '-T', 'web', 'touch', '/tmp/kept']);
    space.ok(['restart', '-t', '0', 'web']);
    expect(state()).toBe('running');
    space.ok(['exec', '-T', 'web', 'ls', '/tmp/kept']);
    space.ok(['kill', '-s', 'SIGKILL', 'web']);
    expect(state()).toBe('exited');
    space.ok(['--dry-run', 'start', 'web']);
    expect(state()).toBe('exited');
    space.ok(['start', 'web']);
  });

  it('scale changes the number of replicas', () => {
    space.ok(['scale', 'pair=3']);
    expect(lines(space.ok(['ps', '-q', 'pair']).stdout)).toHaveLength(3);
    space.ok(['scale', 'pair=2']);
    expect(lines(space.ok(['ps', '-q', 'pair']).stdout)).toHaveLength(2);
    expect(space.call(['scale', 'pair']).exitCode).toBe(1);
    expect(space.call(['up', '-d', '--scale', 'nope=2'])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('no such service: nope') });
  });

  it('wait gives the exit code', () => {
    const waiting = space.start(['wait', 'pair']);
    const code = new Promise<number | null>((resolve) => waiting.once('exit', resolve));
    const timer = setInterval(() => space.call(['kill', 'pair']), 300); // until the wait has been heard
    return code.finally(() => clearInterval(timer)).then((result) => expect(result).toBe(137));
  });

  it('rm removes what has stopped, after asking', () => {
    expect(space.ok(['rm', 'job'], { input: 'n\n' }).stderr).toContain('cmds-job-1');
    expect(json(['ps', '-a', '--format', 'json', 'job'])).toHaveLength(1);
    space.ok(['rm', 'job'], { input: 'y\n' });
    expect(json(['ps', '-a', '--format', 'json', 'job'])).toHaveLength(0);
  });

  it('plan tells what up would do; up then leaves nothing to do', () => {
    expect(space.call(['plan']).exitCode).toBe(2);
    const plan = JSON.parse(space.call(['plan', '--json']).stdout) as { steps: { action: string; service?: string; reason: string }[] };
    expect(plan.steps.filter((step) => step.service === 'job').map((step) => step.action)).toEqual(['createContainer', 'startContainer']);
    expect(space.ok(['up', '-d', '--dry-run']).stdout).toMatch(/container cmds-job-1 +create +\S/);
    space.ok(['up', '-d']);
    expect(space.call(['plan', 'web', 'pair'])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('nothing to do') });
  });

  it('progress goes to stderr, as lines or as JSON', () => {
    const forced = space.ok(['up', '-d', '--force-recreate', '--no-deps', 'web']);
    expect(forced.stdout).toBe('');
    expect(forced.stderr).toContain(' Container cmds-web-1  Started\n');
    const events = lines(space.ok(['--progress', 'json', 'restart', '-t', '0', 'web']).stderr).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.at(-1)).toMatchObject({ id: 'container cmds-web-1', status: 'Done', text: 'Started' });
    expect(space.ok(['--progress', 'quiet', 'restart', '-t', '0', 'web']).stderr).toBe('');
  });

  it('engine status tells of the engine', () => {
    expect(JSON.parse(space.ok(['engine', 'status', '--json']).stdout)).toMatchObject({ running: true, socket: space.socket, root: space.root });
    expect(space.ok(['engine', 'logs']).stdout).toContain('engine ready');
  });
});
