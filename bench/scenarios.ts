import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { residentMemory, run, sleep, until } from './measure.ts';
import { buildBig, load, pull } from './scenarios-images.ts';
import * as stacks from './stacks.ts';
import { Stack, type Tool } from './tools.ts';

/** One figure. Times and memory are better when small, rates when large. */
export interface Figure {
  readonly value: number;
  readonly unit: 'ms' | 'MB/s' | 'MiB' | 'Gbit/s';
}

export interface Scenario {
  readonly id: string;
  readonly what: string;
  readonly repetitions: number;
  /** Called once per tool; what it returns is handed to `run` and `done`. */
  setup(tool: Tool, directory: string): Promise<Stack> | Stack;
  run(tool: Tool, stack: Stack): Promise<Record<string, Figure>>;
  done?(stack: Stack): void;
}

const ms = (result: { ms: number }): Figure => ({ value: result.ms, unit: 'ms' });

function fresh(tool: Tool, directory: string, id: string, yaml: (mark: string) => string, files?: Record<string, string>): Stack {
  const stack = new Stack(tool, directory, id, yaml, files);
  stack.clean();
  return stack;
}

/** Cold `up`, `up` with nothing to do, `--force-recreate` and `down`, each checked by counting processes. */
const upAndDown = (count: number, repetitions: number): Scenario => ({
  id: `up-${count}`,
  what: `${count} independent services: cold up -d, no-op up -d, up -d --force-recreate, down`,
  repetitions,
  setup: (tool, directory) => fresh(tool, directory, `up${count}`, stacks.independent(count)),
  async run(_tool, stack) {
    try {
      const cold = stack.up();
      const first = await stack.expect(count);
      const noop = stack.up();
      const second = await stack.expect(count);
      if (first.some((pid) => !second.includes(pid))) throw new Error('a no-op up replaced containers');
      const recreate = stack.up('--force-recreate');
      const third = await stack.expect(count);
      if (third.some((pid) => second.includes(pid))) throw new Error('--force-recreate kept a container');
      const down = stack.down();
      await stack.expect(0);
      return { [`up ${count} cold`]: ms(cold), [`up ${count} no-op`]: ms(noop), [`up ${count} recreate`]: ms(recreate), [`down ${count}`]: ms(down) };
    } catch (error) {
      stack.clean();
      throw error;
    }
  },
});

const chainOfTen: Scenario = {
  id: 'chain-10',
  what: 'ten services, each depends_on the one before: up -d, down',
  repetitions: 3,
  setup: (tool, directory) => fresh(tool, directory, 'chain10', stacks.chain(10)),
  async run(_tool, stack) {
    const up = stack.up();
    await stack.expect(10);
    const down = stack.down();
    await stack.expect(0);
    return { 'chain 10 up': ms(up), 'chain 10 down': ms(down) };
  },
};

const healthy: Scenario = {
  id: 'healthy',
  what: 'up -d gated by service_healthy, start_interval 100 ms',
  repetitions: 3,
  setup: (tool, directory) => fresh(tool, directory, 'healthy', stacks.healthGated),
  async run(_tool, stack) {
    try {
      const up = stack.call(['up', '-d'], { timeoutMs: 25_000 });
      await stack.expect(2);
      return { 'up healthy': ms(up) };
    } finally {
      stack.clean();
    }
  },
};

const logs: Scenario = {
  id: 'logs',
  what: 'logs of a service that wrote 100,000 lines of 100 bytes',
  repetitions: 5,
  async setup(tool, directory) {
    const stack = fresh(tool, directory, 'logs', stacks.chatty);
    stack.up();
    await stack.expect(1);
    const lines = () => stack.call(['logs', '--no-log-prefix'], { keepOutput: true }).stdout.split('\n').filter((line) => line.endsWith(stacks.LINE)).length;
    let count = 0;
    for (let tries = 0; tries < 20 && count !== stacks.LOG_LINES; tries++, await sleep(200)) count = lines();
    if (count !== stacks.LOG_LINES) throw new Error(`logs gave ${count} of ${stacks.LOG_LINES} lines`);
    return stack;
  },
  run: async (_tool, stack) => ({ 'logs 100k lines': ms(stack.call(['logs'])), 'logs --tail 10': ms(stack.call(['logs', '--tail', '10'])) }),
  done: (stack) => stack.clean(),
};

const stdout: Scenario = {
  id: 'stdout',
  what: `a container writes ${stacks.FLOOD_MB} MB of 100-byte lines to stdout, timed inside`,
  repetitions: 3,
  setup(tool, directory) {
    const stack = fresh(tool, directory, 'stdout', stacks.flood);
    mkdirSync(join(stack.directory, 'data'), { recursive: true });
    writeFileSync(join(stack.directory, 'data/blob'), Buffer.from(`${stacks.LINE}\n`.repeat(stacks.FLOOD_MB * 10_000)));
    return stack;
  },
  async run(_tool, stack) {
    const read = (name: string) => {
      const path = join(stack.directory, 'data', name);
      return existsSync(path) ? Number.parseFloat(readFileSync(path, 'utf8')) : Number.NaN;
    };
    for (const name of ['t0', 't1']) rmSync(join(stack.directory, 'data', name), { force: true });
    stack.up();
    await until('the end of the output', () => !Number.isNaN(read('t1')), 60_000);
    const rate = stacks.FLOOD_MB / (read('t1') - read('t0'));
    stack.clean();
    return { 'stdout rate': { value: rate, unit: 'MB/s' } };
  },
  done(stack) {
    stack.clean();
    rmSync(stack.directory, { recursive: true, force: true });
  },
};

const shortCommands: Scenario = {
  id: 'exec',
  what: 'exec -T of true, ps, version, config -q; three services up',
  repetitions: 10,
  async setup(tool, directory) {
    const stack = fresh(tool, directory, 'exec', stacks.independent(3));
    stack.up();
    await stack.expect(3);
    return stack;
  },
  run: async (_tool, stack) => ({
    'exec true': ms(stack.call(['exec', '-T', 's1', '/bin/busybox', 'true'])),
    ps: ms(stack.call(['ps'])),
    version: ms(stack.call(['version'])),
  }),
  done: (stack) => stack.clean(),
};

const config = (id: string, label: string, yaml: () => string, repetitions: number): Scenario => ({
  id,
  what: label,
  repetitions,
  setup: (tool, directory) => new Stack(tool, directory, id, yaml),
  // podman-compose has no -q: it prints the file
  run: async (tool, stack) => ({ [label]: ms(stack.call(/podman/.test(tool.name) ? ['config'] : ['config', '-q'])) }),
});

const build: Scenario = {
  id: 'build',
  what: 'ten RUN/COPY steps on busybox: --no-cache, all cached, one file edited',
  repetitions: 3,
  setup: (tool, directory) =>
    fresh(tool, directory, 'build', () => `services:\n  app: {image: "benchbuild:latest", build: .}\n`, stacks.buildContext()),
  async run(_tool, stack) {
    const uncached = stack.call(['build', '--no-cache']);
    stack.call(['build']);
    const cached = stack.call(['build']);
    writeFileSync(join(stack.directory, 'f5.txt'), `edited ${process.hrtime.bigint()}\n`);
    return { 'build uncached': ms(uncached), 'build cached': ms(cached), 'build edited': ms(stack.call(['build'])) };
  },
};

const memory: Scenario = {
  id: 'memory',
  what: 'resident memory: daemons idle; helpers per container with 25 up',
  repetitions: 1,
  setup: (tool, directory) => fresh(tool, directory, 'memory', stacks.independent(25)),
  async run(tool, stack) {
    stack.call(['ps'], { check: false }); // wakes an engine that starts on demand
    await sleep(1500);
    const idle = residentMemory(tool.daemons);
    const before = residentMemory(tool.helpers);
    stack.up();
    await stack.expect(25);
    await sleep(2000);
    const after = residentMemory(tool.helpers);
    const loaded = residentMemory(tool.daemons);
    stack.clean();
    return {
      'daemons idle': { value: idle.mib, unit: 'MiB' },
      'daemons, 25 up': { value: loaded.mib, unit: 'MiB' },
      'helper per container': { value: (after.mib - before.mib) / 25, unit: 'MiB' },
    };
  },
};

const PORT = 18_521;

const throughput: Scenario = {
  id: 'tcp',
  what: 'TCP throughput: through a published port on 127.0.0.1, and between containers (iperf3)',
  repetitions: 3,
  async setup(tool, directory) {
    const stack = fresh(tool, directory, 'tcp', stacks.iperf(PORT));
    stack.up();
    await sleep(500); // lets iperf3 listen; not timed
    return stack;
  },
  async run(tool, stack) {
    const rate = (text: string): Figure => {
      const result = JSON.parse(text) as { error?: string; end?: { sum_received?: { bits_per_second: number } } };
      if (!result.end?.sum_received) throw new Error(`iperf3: ${result.error ?? 'no result'}`);
      return { value: result.end.sum_received.bits_per_second / 1e9, unit: 'Gbit/s' };
    };
    const client = ['iperf3', '-J', '-t', '2'];
    const port = run([...tool.hostPrefix, ...client, '-c', '127.0.0.1', '-p', String(PORT)], { keepOutput: true }).stdout;
    const between = stack.call(['exec', '-T', 'peer', '/usr/bin/iperf3', ...client.slice(1), '-c', 'server'], { keepOutput: true }).stdout;
    return { 'TCP via 127.0.0.1': rate(port), 'TCP between containers': rate(between) };
  },
  done: (stack) => stack.clean(),
};

export const scenarios: readonly Scenario[] = [
  upAndDown(1, 5),
  upAndDown(10, 5),
  upAndDown(25, 3),
  upAndDown(50, 2),
  chainOfTen,
  healthy,
  shortCommands,
  config('config-3', 'config -q, 3 services', stacks.small, 10),
  config('config-500', 'config -q, 500 services', stacks.large(500), 5),
  config('config-2000', 'config -q, 2000 services', stacks.large(2000), 2),
  logs,
  stdout,
  build,
  buildBig,
  load,
  pull,
  memory,
  throughput,
];

