import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { processes, run, until, type Run } from './measure.ts';

/** A Compose tool under test: it is called as `argv -f FILE -p PROJECT VERB …`. */
export interface Tool {
  readonly name: string;
  readonly argv: readonly string[];
  /** Where the tool sees `stacks` (a tool in a mount namespace of its own sees another path). */
  readonly seenStacks: string;
  /** Long-lived processes of the tool, and its helpers per container. */
  readonly daemons: RegExp;
  readonly helpers: RegExp;
  /** Prefix for a command that must run in the network namespace that the tool publishes ports in. */
  readonly hostPrefix: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const PROCESSES: readonly { test: RegExp; daemons: RegExp; helpers: RegExp }[] = [
  { test: /podman/, daemons: /aardvark-dns/, helpers: /^(\S*\/)?conmon |netavark|rootlessport/ },
  { test: /docker/, daemons: /^(\S*\/)?dockerd |^(\S*\/)?containerd --config/, helpers: /containerd-shim-runc-v2|docker-proxy/ },
  { test: /tscompose/, daemons: /dist\/(engine|resolver)\.[cm]?js/, helpers: /^(\S*\/)?conmon .*tscompose/ },
];

/**
 * @param spec  `NAME=COMMAND` or a plain command (`docker compose`)
 * @param options.stacks  host directory of the stacks; `seen` maps a tool's name to its own view of it
 */
export function makeTool(
  spec: string,
  options: { stacks: string; seen: Readonly<Record<string, string>>; environment?: Readonly<Record<string, string>> },
): Tool {
  const match = /^([\w -]+)=(.+)$/s.exec(spec);
  const command = match?.[2] ?? spec;
  const name = match?.[1] ?? spec.replace(/^\S*\//, '');
  const argv = command.split(/\s+/).filter(Boolean);
  const known = PROCESSES.find(({ test }) => test.test(name)) ?? PROCESSES.find(({ test }) => test.test(command));
  const nsenter = argv.indexOf('--');
  const prefix = argv[0] === 'nsenter' && nsenter > 0 ? argv.slice(0, nsenter + 1) : [];
  return {
    name,
    argv,
    seenStacks: options.seen[name] ?? options.stacks,
    daemons: known?.daemons ?? /^$/,
    helpers: known?.helpers ?? /^$/,
    hostPrefix: prefix,
    environment: options.environment ?? {},
  };
}

/** The engine process of a tool, and nobody else's. */
export function enginePattern(tool: Tool): RegExp {
  const run = process.env['TSCOMPOSE_RUN'] ?? '/run/tscompose';
  return /tscompose/.test(tool.name) ? new RegExp(`engine\\.[cm]?js .*--run ${run}$`) : tool.daemons;
}

/** The plain docker CLI on the same engine. @throws Error when this tool has no engine of that kind */
export function engineCommand(tool: Tool): string[] {
  if (tool.argv.at(-1) === 'compose') return tool.argv.slice(0, -1);
  if (!/tscompose/.test(tool.argv.join(' '))) throw new Error(`${tool.name}: no engine that the docker CLI can talk to`);
  const socket = process.env['TSCOMPOSE_SOCKET'] ?? join(process.env['TSCOMPOSE_RUN'] ?? '/run/tscompose', 'engine.sock');
  return ['docker', '-H', `unix://${socket}`];
}

let nextMark = 7_000_000 + (process.pid % 10_000) * 50; // unique argument of the containers' `sleep`: how we count them

/** One Compose project of one tool: files on disk, and the verbs. */
export class Stack {
  readonly mark = String(nextMark++);
  readonly directory: string;
  readonly project: string;
  readonly tool: Tool;
  readonly #file: string;

  constructor(tool: Tool, stacks: string, id: string, yaml: (mark: string) => string, files: Readonly<Record<string, string>> = {}) {
    this.tool = tool;
    this.project = `bench${tool.name}${id}`.toLowerCase().replace(/[^a-z0-9]/g, '');
    this.directory = join(stacks, tool.name.replace(/\W+/g, '-'), id);
    rmSync(this.directory, { recursive: true, force: true });
    mkdirSync(this.directory, { recursive: true });
    for (const [name, content] of Object.entries({ ...files, 'compose.yaml': yaml(this.mark) })) writeFileSync(join(this.directory, name), content);
    this.#file = join(tool.seenStacks, relative(stacks, this.directory), 'compose.yaml');
  }

  /** Where the tool sees a file of this stack. */
  seen(name: string): string {
    return join(this.#file, '..', name);
  }

  call(args: readonly string[], options: Parameters<typeof run>[1] = {}): Run {
    const env = { ...this.tool.environment, ...options.env };
    return run([...this.tool.argv, '-f', this.#file, '-p', this.project, ...args], { ...options, env });
  }

  up(...args: string[]): Run {
    return this.call(['up', '-d', ...args]);
  }

  down(...args: string[]): Run {
    return this.call(['down', ...args]);
  }

  clean(): void {
    this.call(['down', '-v'], { check: false });
  }

  /** The processes of the containers, whoever runs them. */
  alive(): number[] {
    return processes().flatMap(({ pid, command }) => (command === `/bin/busybox sleep ${this.mark}` ? [pid] : []));
  }

  /** @throws Error unless exactly `count` containers run (soon: engines return before the program has been executed) */
  async expect(count: number): Promise<number[]> {
    await until(`${this.project}: ${count} containers`, () => this.alive().length === count);
    return this.alive();
  }
}

/** A minimal busybox root file system as a directory: what every image of the bench is made of. */
export function busyboxTree(directory: string, programs: readonly string[] = []): void {
  for (const name of ['bin', 'usr/bin', 'proc', 'dev', 'sys', 'etc', 'tmp', 'root']) mkdirSync(join(directory, name), { recursive: true });
  run(['cp', '/bin/busybox', join(directory, 'bin/busybox')]);
  for (const applet of ['sh', 'sleep', 'cat', 'ls', 'true', 'yes', 'head', 'nc', 'wget', 'mkdir', 'wc']) run(['ln', '-sf', 'busybox', join(directory, 'bin', applet)]);
  writeFileSync(join(directory, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  writeFileSync(join(directory, 'etc/group'), 'root:x:0:\n');
  for (const program of programs) copyWithLibraries(program, directory);
}

function copyWithLibraries(program: string, directory: string): void {
  const path = run(['sh', '-c', 'command -v "$1"', 'sh', program], { keepOutput: true }).stdout.trim();
  run(['cp', path, join(directory, 'usr/bin')]);
  const libraries = run(['ldd', path], { keepOutput: true }).stdout.match(/\/\S+/g) ?? [];
  for (const library of [...libraries, ...glob('/lib/x86_64-linux-gnu', /^libgcc_s\.so\.1$/)]) {
    run(['mkdir', '-p', join(directory, library, '..')]);
    run(['cp', '-L', library, join(directory, library)]);
  }
}

function glob(directory: string, pattern: RegExp): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => pattern.test(name))
    .map((name) => join(directory, name));
}
