import { describe, expect, it } from 'vitest';
import type { ControllerEvent } from '../../../src/controller/index.ts';
import { createCli, type Cli } from '../../../src/cli/context.ts';
import { MemoryOutput } from '../../../src/cli/output.ts';
import { createProgress, type ProgressOptions } from '../../../src/cli/render/progress.ts';

const row = (name: string, state: 'working' | 'done' | 'error', text: string, extra: object = {}): ControllerEvent => ({ type: 'resource', id: `container ${name}`, kind: 'container', name, state, text, ...extra });
const EVENTS: readonly ControllerEvent[] = [
  { type: 'resource', id: 'image i', kind: 'image', name: 'i', state: 'working', text: 'Pulling' },
  { type: 'resource', id: 'l1', kind: 'image', name: 'abc', state: 'working', text: 'Downloading', parent: 'image i', progress: { current: 5, total: 10 } },
  { type: 'build', service: 'web', image: 'w', message: { stream: 'Step 1/2 : FR' } },
  { type: 'build', service: 'web', image: 'w', message: { stream: 'OM x\n' } },
  row('a-1', 'working', 'Starting'),
  row('a-1', 'working', 'Starting'),
  row('a-1', 'done', 'Started'),
  { type: 'warning', code: 'orphans.found', message: 'one is left' },
  row('b-1', 'error', 'Error', { reason: 'no luck\nmore' }),
];

async function show(globals: object, options: ProgressOptions = {}, env: Record<string, string> = {}): Promise<{ stdout: string; stderr: string }> {
  const [stdout, stderr] = [new MemoryOutput(), new MemoryOutput()];
  const cli = createCli({ stdout, stderr, env, globals: { progress: 'auto', ansi: 'auto', ...globals } } as unknown as Cli);
  const display = createProgress(cli, options);
  for (const event of EVENTS) display.onEvent(event);
  await display.finish();
  await display.finish();
  return { stdout: stdout.text, stderr: stderr.text };
}

describe('progress', () => {
  it('is a line for each change where there is no terminal, on stderr', async () => {
    expect(await show({})).toEqual({
      stdout: '',
      stderr: ' Image i  Pulling\n web: Step 1/2 : FROM x\n Container a-1  Starting\n Container a-1  Started\nwarning orphans.found  one is left\n Container b-1  Error  no luck\n',
    });
  });

  it('goes to stdout for COMPOSE_STATUS_STDOUT', async () => {
    const { stdout, stderr } = await show({}, {}, { COMPOSE_STATUS_STDOUT: '1' });
    expect([stdout.length > 0, stderr]).toEqual([true, '']);
  });

  it('is an object for each event with --progress json', async () => {
    const objects = (await show({ progress: 'json' })).stderr.trim().split('\n').map((line) => JSON.parse(line) as object);
    expect(objects).toHaveLength(EVENTS.length);
    expect(objects[1]).toEqual({ id: 'l1', parent_id: 'image i', kind: 'image', name: 'abc', status: 'Working', text: 'Downloading', current: 5, total: 10 });
    expect(objects.at(-1)).toMatchObject({ status: 'Error', details: 'no luck\nmore' });
  });

  it('leaves warnings only with --progress quiet', async () => {
    expect((await show({ progress: 'quiet' })).stderr).toBe('warning orphans.found  one is left\n');
  });

  it('leaves out what a command was told to be quiet about, but never an error', async () => {
    expect((await show({}, { quiet: true })).stderr).toBe('warning orphans.found  one is left\n Container b-1  Error  no luck\n');
    expect((await show({}, { quietPull: true })).stderr).not.toContain('Pulling');
    expect((await show({}, { quietBuild: true })).stderr).not.toContain('Step');
  });

  it('says that nothing is done in a dry run', async () => {
    expect((await show({ dryRun: true })).stderr).toContain(' Container DRY-RUN MODE - a-1  Started\n');
  });
});
