/** The program in a real pseudo-terminal, by tmux: progress, raw mode, size, Ctrl-C, and the terminal as it was afterwards. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importBusybox } from '../support/busybox-image.ts';
import { lacks, noContainers, title } from '../support/host.ts';
import { REPOSITORY, Workspace, eventually } from '../support/workspace.ts';

const reason = noContainers() ?? lacks('tmux');

describe.skipIf(reason)(title('in a terminal', reason), () => {
  const space = new Workspace('term');
  const server = `tsc-${process.pid}`;
  const tmux = (...args: string[]): string => {
    const done = spawnSync('tmux', ['-L', server, ...args], { encoding: 'utf8', env: { ...space.environment, NO_COLOR: '' } });
    if (done.status !== 0) throw new Error(`tmux ${args.join(' ')}: ${done.stderr}`);
    return done.stdout;
  };
  const screen = (): string => tmux('capture-pane', '-pt', 'main');
  const type = (text: string): string => tmux('send-keys', '-t', 'main', '-l', text);
  const press = (key: string): string => tmux('send-keys', '-t', 'main', key);
  const seen = (pattern: RegExp): Promise<string> => eventually(`${pattern} on the screen`, () => pattern.test(screen()) && screen()).catch((error: unknown) => {
    throw new Error(`not on the screen: ${pattern}\n${screen()}`, { cause: error });
  });
  const enter = (command: string): void => {
    tmux('send-keys', '-t', 'main', '-R'); // a clean screen
    tmux('clear-history', '-t', 'main');
    type(command);
    press('Enter');
  };

  beforeAll(() => {
    importBusybox(space);
    space.write(
      'compose.yaml',
      `name: term
services:
  web: {image: busybox, command: "sh -c 'echo hello; exec sleep 1000'", stop_grace_period: 0s, ports: ["127.0.0.1:0:80"]}
  shell: {image: busybox, command: sh, tty: true, stdin_open: true, stop_grace_period: 0s}
`,
    );
    tmux('-f', '/dev/null', 'new-session', '-d', '-s', 'main', '-x', '80', '-y', '24', '-c', space.directory, 'bash --norc --noprofile');
    type(`PS1='ready> '; tscompose() { '${process.execPath}' '${join(REPOSITORY, 'dist/tscompose.cjs')}' "$@"; }\r`);
  });
  afterAll(() => {
    spawnSync('tmux', ['-L', server, 'kill-server']);
    space.ok(['down', '-t', '0']);
    expect(space.dispose()).toEqual([]);
  });

  it('up -d ends with one line for each resource and a prompt of its own', async () => {
    enter('tscompose up -d; echo code $?');
    const text = await seen(/code 0/);
    expect(text).toMatch(/✔ Network term_default +Created/);
    expect(text).toMatch(/✔ Container term-web-1 +Started/);
    expect(text.match(/Container term-web-1/g)).toHaveLength(1); // rows were redrawn, not repeated
    expect(tmux('display-message', '-pt', 'main', '#{cursor_flag}').trim()).toBe('1'); // the cursor is back
  });

  it('up -d with nothing to do says so without a table', async () => {
    enter('tscompose up -d; echo code $?');
    expect(await seen(/code 0/)).toMatch(/✔ Container term-web-1 {2}Running/);
  });

  it('ps fits 80 columns', async () => {
    enter('tscompose ps; echo code $?');
    const rows = (await seen(/code 0/)).split('\n').filter((line) => /term-|NAME/.test(line));
    expect(rows).toHaveLength(3); // no row takes two lines
  });

  it('exec has a terminal of the right size that follows ours, and gives it back', async () => {
    enter('tscompose exec web sh');
    await seen(/^\/ # ?$/m);
    type('stty size; tty\r');
    await seen(/24 80\s+\/dev\/pts\/\d/);
    tmux('resize-window', '-t', 'main', '-x', '100', '-y', '30');
    await eventually('the new size', () => {
      type('stty size\r');
      return /30 100/.test(screen());
    });
    type('sleep 4321\r');
    await eventually('the program in the foreground', () => space.ok(['top', 'web']).stdout.includes('sleep 4321'));
    press('C-c'); // goes to the shell in the container, not to us
    type('echo still $((40+2))\r');
    await seen(/still 42/);
    type('exit 5\r');
    await seen(/^ready> ?$/m);
    enter('echo code $?; stty -a | tr ";" "\\n" | grep -wE "icanon|echo" | head -1');
    await seen(/code 5[\s\S]*isig icanon/);
    tmux('resize-window', '-t', 'main', '-x', '80', '-y', '24');
  });

  it('attach leaves the container running when the detach keys are pressed', async () => {
    enter('tscompose attach shell; echo code $?');
    await new Promise((resolve) => setTimeout(resolve, 300));
    type('echo from $((1+1))\r');
    await seen(/from 2/);
    press('C-p');
    press('C-q');
    await seen(/code \d+/);
    expect(space.ok(['ps', '--format', '{{.State}}', 'shell']).stdout).toBe('running\n');
  });

  it('run has a terminal by default', async () => {
    enter("tscompose run --rm web sh -c 'tty; exit 3'; echo code $?");
    expect(await seen(/code 3/)).toMatch(/\/dev\/(pts\/\d|console)/);
  });

  it('Ctrl-C in the foreground stops, and leaves a sane terminal', async () => {
    enter('tscompose up web; echo code $?');
    await seen(/Attaching to web-1/);
    press('C-c');
    expect(await seen(/code 130/)).toMatch(/Gracefully stopping\.\.\.[\s\S]*web-1 exited with code 137/);
  });

  it('d leaves an attached up with --menu: containers go on, the terminal is as it was', async () => {
    enter('tscompose up --menu web; echo code $?');
    await seen(/web-1 .*hello|Attaching to web-1/);
    await seen(/Keys: d detach, Ctrl-C stop/);
    type('d');
    await seen(/code 0/);
    expect(space.ok(['ps', '-q', 'web']).stdout).toMatch(/^[0-9a-f]{64}\n$/);
    enter('stty -a | tr ";" "\\n" | grep -wE "icanon|echo" | head -1');
    await seen(/isig icanon/);
    enter('tscompose up --menu web; echo code $?');
    await seen(/Keys: /);
    press('C-c');
    await seen(/Gracefully stopping[^]*code 130/);
  });

  it('help takes no more columns than there are', async () => {
    enter('clear; tscompose up --help | cat | awk "length > 100" | wc -l; echo code $?');
    expect(await seen(/code 0/)).toMatch(/^0$/m);
  });
});
