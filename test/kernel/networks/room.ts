/** One networks room on a state root of its own, with stand-ins for the containers: processes that live in the namespaces. */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineError, newId, silentLogger } from '../../../src/base/index.ts';
import type { EndpointSettings } from '../../../src/engine-api/index.ts';
import { createLayout } from '../../../src/runtime/layout.ts';
import type { Layout } from '../../../src/runtime/layout.ts';
import { openNetworks } from '../../../src/runtime/networks/index.ts';
import { rootNames } from '../../../src/runtime/networks/names.ts';
import type { ContainerUser, NetworksRoom, RoomContext, Sandbox, SandboxRequest } from '../../../src/runtime/parts.ts';

export interface TestRoom {
  readonly layout: Layout;
  readonly events: { type: string; action: string; id: string }[];
  readonly configured: { container: string; network: string; settings: EndpointSettings | undefined }[];
  room: NetworksRoom;
  /** Attaches a container of this name to networks. */
  attach(name: string, networks: Record<string, EndpointSettings>, more?: Partial<SandboxRequest>): Promise<Sandbox & { id: string }>;
  /** Runs a program in a container's namespace until the test ends. */
  serve(id: string, argv: readonly string[]): ChildProcess;
  /** Runs a program in a container's namespace to its end. */
  run(id: string, argv: readonly string[], input?: string): { code: number | null; output: string };
  /** What a killed engine leaves is opened by a new one. */
  reopen(): Promise<void>;
  /** Detaches everything and checks that nothing is left in the kernel. @returns what is left */
  close(): Promise<string[]>;
}

export async function openTestRoom(options: { hostResolvFile?: string } = {}): Promise<TestRoom> {
  const base = mkdtempSync(join(tmpdir(), 'tsnet-'));
  const layout = createLayout({ root: join(base, 'data'), run: join(base, 'run') });
  const users = new Map<string, ContainerUser>();
  const children: ChildProcess[] = [];
  const events: TestRoom['events'] = [];
  const configured: TestRoom['configured'] = [];
  const context: RoomContext = {
    layout,
    logger: silentLogger,
    events: { publish: (type, action, id) => events.push({ type, action, id }) },
    usage: {
      ofImage: () => [],
      ofVolume: () => [],
      list: () => [...users.values()],
      resolve: (reference) => {
        const user = [...users.values()].find((each) => each.id.startsWith(reference) || each.name === reference);
        if (!user) throw new EngineError('notFound', `No such container: ${reference}`);
        return user;
      },
    },
  };
  const open = () =>
    openNetworks(context, {
      containers: {
        networksChanged: async () => {},
        endpointConfigured: async (container, network, settings) => void configured.push({ container, network: network.name, settings }),
      },
      ...(options.hostResolvFile === undefined ? {} : { hostResolvFile: options.hostResolvFile }),
    });
  const test: TestRoom = {
    layout,
    events,
    configured,
    room: await open(),
    attach: async (name, networks, more = {}) => {
      const id = more.containerId ?? newId();
      users.set(id, { id, name, running: true });
      const sandbox = await test.room.attach({ ...plainRequest(id, name, networks), ...more });
      return { ...sandbox, id };
    },
    serve: (id, argv) => {
      const child = spawn('nsenter', [`--net=${layout.netns(id)}`, ...argv], { stdio: 'ignore' });
      children.push(child);
      return child;
    },
    run: (id, argv, input) => {
      const done = spawnSync('nsenter', [`--net=${layout.netns(id)}`, ...argv], { encoding: 'utf8', timeout: 20_000, ...(input === undefined ? {} : { input }) });
      return { code: done.status, output: done.stdout + done.stderr };
    },
    reopen: async () => {
      await test.room.close(); // what matters of a kill: memory is gone, records and kernel are as they were
      test.room = await open();
    },
    close: async () => {
      for (const child of children) child.kill('SIGKILL');
      await test.room.reconcile(new Set());
      for (const network of await test.room.api.list({ type: ['custom'] })) await test.room.api.remove(network.Id);
      await test.room.close();
      const left = await leftOvers(layout);
      rmSync(base, { recursive: true, force: true });
      return left;
    },
  };
  return test;
}

export function plainRequest(id: string, name: string, networks: Record<string, EndpointSettings>): SandboxRequest {
  return {
    containerId: id,
    name,
    hostname: id.slice(0, 12),
    mode: 'networks',
    endpoints: networks,
    portBindings: {},
    exposedPorts: [],
    publishAllPorts: false,
    dns: [],
    dnsOptions: [],
    dnsSearch: [],
    extraHosts: [],
    links: [],
    sysctls: {},
    labels: {},
  };
}

/** Links, tables, mounts and sandbox records of this state root; links, and the resolver, which looks every five seconds, may take a moment to go. */
async function leftOvers(layout: Layout): Promise<string[]> {
  const names = rootNames(layout.root);
  const look = () => {
    const links = spawnSync('ip', ['-o', 'link'], { encoding: 'utf8' }).stdout.split('\n').filter((line) => line.includes(names.bridgePrefix) || line.includes(names.linkPrefix));
    const tables = spawnSync('nft', ['list', 'tables'], { encoding: 'utf8' }).stdout.split('\n').filter((line) => line.includes(names.table));
    const mounts = spawnSync('cat', ['/proc/self/mounts'], { encoding: 'utf8' }).stdout.split('\n').filter((line) => line.includes(layout.run));
    const processes = spawnSync('pgrep', ['-f', layout.dnsDir], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
    return [...links, ...tables, ...mounts, ...processes.map((pid) => `resolver ${pid}`)];
  };
  await until(() => look().length === 0, 12_000).catch(() => {});
  return look();
}

/** Polls until the condition holds. @throws Error at the deadline */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    if (await condition()) return;
    if (Date.now() > deadline) throw new Error('the condition did not come true in time');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Fetches a page with a short timeout; undefined when it cannot be had. */
export async function fetchText(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000), headers: { connection: 'close' } });
    return await response.text();
  } catch {
    return undefined;
  }
}

