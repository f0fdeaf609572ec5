/** `up` in the foreground: output, signals, exit codes. */
import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importBusybox } from '../../support/busybox-image.ts';
import { noContainers, title } from '../../support/host.ts';
import { Workspace, eventually } from '../../support/workspace.ts';

const reason = noContainers();

/** A program that a failed test leaves behind would wake an engine in a workspace that is gone. */
async function endAll(children: readonly ChildProcess[]): Promise<void> {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
}

describe.skipIf(reason)(title('up in the foreground', reason), () => {
  const space = new Workspace('fore');
  const children: ChildProcess[] = [];
  const start = (args: readonly string[]): ChildProcess => {
    const child = space.start(args);
    children.push(child);
    return child;
  };
  beforeAll(() => {
    importBusybox(space);
    space.write(
      'compose.yaml',
      `name: fore
services:
  short: {image: busybox, command: "sh -c 'echo short one; exit 2'"}
  long: {image: busybox, command: "sh -c 'echo long one; exec sleep 1000'", stop_grace_period: 0s}
  stubborn: {image: busybox, command: "sh -c 'trap : TERM INT; echo stubborn one; while :; do sleep 0.1; done'", stop_grace_period: 60s}
`,
    );
  });
  afterAll(async () => {
    await endAll(children);
    space.ok(['down', '-t', '0']);
    expect(space.dispose()).toEqual([]);
  });

  function watch(child: ChildProcess): { text: () => string; ended: Promise<number | null> } {
    let text = '';
    child.stdout?.on('data', (piece: Buffer) => (text += piece.toString()));
    child.stderr?.on('data', (piece: Buffer) => (text += piece.toString()));
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    return { text: () => text, ended };
  }

  const running = (): string[] => space.docker(['ps', '--format', '{{.Names}}']).stdout.split('\n').filter(Boolean).sort();

  it('shows all output of a run that is over at once, every time', () => {
    for (let i = 0; i < 3; i++) {
      const { exitCode, stdout } = space.call(['up', 'short']);
      expect(stdout).toBe('Attaching to short-1\nshort-1  | short one\nshort-1 exited with code 2\n');
      expect(exitCode).toBe(0);
    }
  });

  it('Ctrl-C stops the containers and exits 130', async () => {
    const child = start(['up', 'long']);
    const seen = watch(child);
    await eventually('output', () => seen.text().includes('long-1  | long one'));
    child.kill('SIGINT');
    expect(await seen.ended).toBe(130);
    expect(seen.text()).toContain('Gracefully stopping... (press Ctrl+C again to force)');
    expect(running()).toEqual([]);
  });

  it('a second Ctrl-C kills', async () => {
    const child = start(['up', 'stubborn']);
    const seen = watch(child);
    await eventually('output', () => seen.text().includes('stubborn one'));
    child.kill('SIGINT');
    await eventually('the first answer', () => seen.text().includes('Gracefully stopping'));
    expect(running()).toEqual(['fore-stubborn-1']);
    child.kill('SIGINT');
    expect(await seen.ended).toBe(130);
    expect(running()).toEqual([]);
  });

  it('--abort-on-container-exit stops the others and gives the code of the first', () => {
    const { exitCode, stdout } = space.call(['up', '--abort-on-container-exit', 'short', 'long']);
    expect(exitCode).toBe(2);
    expect(stdout).toMatch(/short-1 exited with code 2/);
    expect(running()).toEqual([]);
  });

  it('--exit-code-from gives the code of that service', () => {
    expect(space.call(['up', '--exit-code-from', 'long', 'short', 'long']).exitCode).toBe(137);
    expect(running()).toEqual([]);
  });

  it('--attach and --no-attach choose whose output is shown', async () => {
    const child = start(['up', '--no-attach', 'long', 'short', 'long']);
    const seen = watch(child);
    await eventually('the end of short', () => seen.text().includes('short-1 exited with code 2'));
    child.kill('SIGINT');
    await seen.ended;
    expect(seen.text()).not.toContain('long one');
  });

  it('follows containers that already run from now on only', async () => {
    space.ok(['up', '-d', 'long']);
    const child = start(['up', 'long']);
    const seen = watch(child);
    await eventually('the greeting', () => seen.text().includes('Attaching to long-1'));
    space.ok(['exec', '-T', 'long', 'sh', '-c', 'echo now > /proc/1/fd/1']);
    await eventually('new output', () => seen.text().includes('long-1  | now'));
    child.kill('SIGINT');
    await seen.ended;
    expect(seen.text()).not.toContain('long one');
  });

  it('refuses combinations that make no sense', () => {
    expect(space.call(['up', '-d', '--abort-on-container-exit']).exitCode).toBe(1);
    expect(space.call(['up', '--force-recreate', '--no-recreate']).exitCode).toBe(1);
    expect(space.call(['up', '--exit-code-from', 'nope'])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('no such service: nope') });
  });
});

describe.skipIf(reason)(title('watch', reason), () => {
  const space = new Workspace('wtch');
  const children: ChildProcess[] = [];
  beforeAll(() => {
    importBusybox(space);
    space.write('src/page', 'one');
    space.write(
      'compose.yaml',
      'name: wtch\nservices:\n  web: {image: busybox, command: sleep 1000, stop_grace_period: 0s, develop: {watch: [{path: ./src, action: sync, target: /app}]}}\n',
    );
  });
  afterAll(async () => {
    await endAll(children);
    space.ok(['down', '-t', '0']);
    expect(space.dispose()).toEqual([]);
  });

  it.each([[['watch']], [['up', '--watch']]])('%j brings changes into the container until Ctrl-C', async (args) => {
    const child = space.start(args);
    children.push(child);
    let text = '';
    child.stdout?.on('data', (piece: Buffer) => (text += piece.toString()));
    child.stderr?.on('data', (piece: Buffer) => (text += piece.toString()));
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    await eventually('the watch', () => text.includes('Watch enabled'));
    const content = `changed by ${args.join(' ')}`;
    space.write('src/page', content);
    await eventually('the change', () => space.call(['exec', '-T', 'web', 'cat', '/app/page']).stdout === content);
    await eventually('the report', () => text.includes('web: synced /app/page'));
    child.kill('SIGINT');
    expect(await ended).toBe(130);
  });
});
