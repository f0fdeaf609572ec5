/**
 * Measures Compose tools side by side on the same stacks, in turn (A B, B A, …), and prints medians, ratios and the machine's floor.
 * Every `up` and `down` is checked by counting the containers' processes; a run that did not do its work is an error, not a figure.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureFloor } from './floor.ts';
import { importImages } from './images.ts';
import { quiet, run } from './measure.ts';
import { formatTable, record, type Results } from './report.ts';
import { scenarios } from './scenarios.ts';
import { makeTool, type Stack, type Tool } from './tools.ts';

const HELP = `usage: npm run bench -- [options]
  --peer [NAME=]COMMAND  another Compose tool, e.g. --peer 'docker compose' (repeatable; default: those found on this machine)
  --node PATH            the Node binary that runs tscompose (default: this one; repeatable: one tool per binary)
  --only REGEX           scenarios by id          --skip REGEX
  --repeat K             multiplies the repetitions
  --stacks DIR           where the Compose files are written (default /var/tmp/tscompose-bench)
  --seen NAME=DIR        the path under which that peer sees --stacks, when it lives in a mount namespace of its own
  --json FILE            writes every sample
  --no-floor  --no-wait  --list`;

const { values: options } = parseArgs({
  options: {
    peer: { type: 'string', multiple: true },
    node: { type: 'string', multiple: true },
    only: { type: 'string' },
    skip: { type: 'string' },
    repeat: { type: 'string', default: '1' },
    stacks: { type: 'string', default: '/var/tmp/tscompose-bench' },
    seen: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
    'no-floor': { type: 'boolean', default: false },
    'no-wait': { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const repository = process.env['TSCOMPOSE_REPOSITORY'] ?? process.cwd();
const bundle = join(repository, 'dist', 'tscompose.cjs');

function findPeers(): string[] {
  const works = (argv: string[]) => run(argv, { check: false, timeoutMs: 5000 }).exitCode === 0;
  const peers: string[] = [];
  if (works(['docker', 'compose', 'version']) && works(['docker', 'info'])) peers.push('docker compose');
  if (works(['podman-compose', '--version'])) peers.push('podman-compose');
  return peers;
}

function makeTools(stacks: string): Tool[] {
  const seen = Object.fromEntries(options.seen.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
  const nodes = options.node ?? [process.execPath];
  const path = (node: string) => ({ PATH: `${dirname(node)}:${process.env['PATH'] ?? ''}` }); // the command as users have it finds Node there
  const own = nodes.map((node, index) => makeTool(`tscompose${index === 0 ? '' : `-${index + 1}`}=${bundle}`, { stacks, seen, environment: path(node) }));
  return [...own, ...(options.peer ?? findPeers()).map((peer) => makeTool(peer, { stacks, seen }))];
}

/** Each scenario's rows are shown as soon as it is over, and kept in `--json`: a run that is cut off has not been for nothing. */
async function measure(tools: readonly Tool[], stacks: string): Promise<Results> {
  const all: Results = new Map();
  const chosen = scenarios.filter(({ id }) => (!options.only || new RegExp(options.only).test(id)) && !(options.skip && new RegExp(options.skip).test(id)));
  for (const scenario of chosen) {
    console.error(`${scenario.id}: ${scenario.what}`);
    const results: Results = new Map();
    const ready = new Map<Tool, Stack>();
    for (const tool of tools) {
      await attempt(tool, scenario.id, async () => void ready.set(tool, await scenario.setup(tool, stacks)));
    }
    const rounds = Math.max(1, Math.round(scenario.repetitions * Number(options.repeat)));
    for (let round = 0; round <= rounds; round++) {
      for (const tool of round % 2 === 0 ? tools : [...tools].reverse()) {
        const stack = ready.get(tool);
        if (!stack) continue;
        if (!options['no-wait']) await quiet();
        const succeeded = await attempt(tool, scenario.id, async () => {
          const figures = await scenario.run(tool, stack);
          if (round > 0 || rounds === 1) for (const [metric, figure] of Object.entries(figures)) record(results, metric, tool.name, figure);
        });
        if (!succeeded) ready.delete(tool);
      }
    }
    for (const stack of ready.values()) scenario.done?.(stack);
    for (const [metric, samples] of results) all.set(metric, samples);
    console.error(formatTable(results, tools.map(({ name }) => name), tools[0]?.name ?? '').replace(/^/gm, '  '));
    write(all);
  }
  return all;
}

function write(results: Results): void {
  if (options.json) writeFileSync(options.json, JSON.stringify([...results].map(([metric, samples]) => ({ metric, samples: Object.fromEntries(samples) })), null, 2));
}

async function attempt(tool: Tool, id: string, body: () => Promise<void>): Promise<boolean> {
  try {
    await body();
    return true;
  } catch (error) {
    console.error(`  ! ${tool.name}, ${id}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

async function main(): Promise<void> {
  if (options.help) return console.log(HELP);
  if (options.list) return console.log(scenarios.map(({ id, what }) => `${id.padEnd(12)} ${what}`).join('\n'));
  if (!existsSync(bundle)) throw new Error('dist/tscompose.cjs is missing: npm run build');
  mkdirSync(options.stacks, { recursive: true });
  const tools = makeTools(options.stacks);
  run([...(tools[0]?.argv ?? []), 'engine', 'start'], { env: { ...tools[0]?.environment } });
  await importImages(process.env['TSCOMPOSE_SOCKET'] ?? join(process.env['TSCOMPOSE_RUN'] ?? '/run/tscompose', 'engine.sock'));
  const results = await measure(tools, options.stacks);
  const names = tools.map(({ name }) => name);
  if (!options['no-floor']) measureFloor(results, options.node ?? [process.execPath]);
  write(results);
  console.log(formatTable(results, options['no-floor'] ? names : [...names, 'floor'], names[0] ?? ''));
}

await main();
