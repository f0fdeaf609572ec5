import { KeyedMutex, errorMessage, errnoCode } from '../../../base/index.ts';
import { readRecords } from '../records.ts';
import type { PortRecord, SandboxRecord } from '../records.ts';
import { DnsListener } from './dns-listener.ts';
import type { DnsContext } from './dns-listener.ts';
import { holdPort, PortError, portKey } from './host-ports.ts';
import type { HeldPort } from './host-ports.ts';
import type { LoadResult } from './protocol.ts';

/** A range this wide is "any port", not the user's. */
const EPHEMERAL_SPAN = 1000;

interface Live {
  dns: DnsListener | undefined;
  ports: HeldPort[];
}

/** What this process has open for each sandbox, kept equal to the records on disk. */
export class LiveSandboxes {
  readonly #directory: string;
  readonly #context: DnsContext;
  readonly #live = new Map<string, Live>();
  readonly #mutex = new KeyedMutex();
  /** Where the next search for an ephemeral port begins, so that a port just given back is not given out at once. */
  #nextEphemeral = 0;

  constructor(directory: string, context: DnsContext) {
    this.#directory = directory;
    this.#context = context;
  }

  get size(): number {
    return this.#live.size;
  }

  /** Makes one sandbox as its record says; `undefined` ends it. Problems come back as values. */
  load(id: string, record: SandboxRecord | undefined): Promise<LoadResult> {
    return this.#mutex.run(id, async () => {
      // What asks for nothing keeps nothing alive: the engine does not even tell when such a sandbox goes.
      if (!record || (!record.dns && record.ports.length === 0)) {
        this.#drop(id);
        return {};
      }
      try {
        return { ports: await this.#open(id, record) };
      } catch (error) {
        this.#drop(id);
        return { error: describe(error) };
      }
    });
  }

  /** Makes everything as the directory says. */
  async sync(): Promise<Record<string, LoadResult>> {
    const records = readRecords<SandboxRecord>(this.#directory, { warn: (text, fields) => this.#context.log(`${text} ${JSON.stringify(fields)}`) });
    const wanted = new Map(records.map((record) => [record.containerId, record]));
    const ids = new Set([...this.#live.keys(), ...wanted.keys()]);
    const results = await Promise.all([...ids].map(async (id) => [id, await this.load(id, wanted.get(id))] as const));
    return Object.fromEntries(results);
  }

  async #open(id: string, record: SandboxRecord): Promise<number[]> {
    const live = this.#live.get(id) ?? { dns: undefined, ports: [] };
    this.#live.set(id, live);
    if (record.dns && live.dns) live.dns.record = record;
    else if (record.dns) live.dns = new DnsListener(record, this.#context);
    this.#context.zones.set(record);
    if (!record.dns) {
      live.dns?.close();
      live.dns = undefined;
    }
    const keep = new Set(record.ports.map(portKey));
    for (const held of live.ports) if (!keep.has(held.key)) held.close();
    live.ports = live.ports.filter((held) => keep.has(held.key));
    const chosen: number[] = [];
    for (const port of record.ports) chosen.push(await this.#hold(live, port));
    return chosen;
  }

  async #hold(live: Live, record: PortRecord): Promise<number> {
    const key = portKey(record);
    const existing = live.ports.find((held) => held.key === key);
    if (existing) return existing.port;
    const held = await holdPort(record, this.#startOf(record));
    live.ports.push(held);
    return held.port;
  }

  /** Moves on at once, not when the port is had: searches that run side by side must not try the same ports. */
  #startOf({ from, to }: PortRecord): number {
    if (to - from < EPHEMERAL_SPAN) return from;
    const start = this.#nextEphemeral > from && this.#nextEphemeral <= to ? this.#nextEphemeral : from;
    this.#nextEphemeral = start + 1;
    return start;
  }

  #drop(id: string): void {
    this.#context.zones.delete(id);
    const live = this.#live.get(id);
    if (!live) return;
    this.#live.delete(id);
    live.dns?.close();
    for (const port of live.ports) port.close();
  }

  close(): void {
    for (const id of [...this.#live.keys()]) this.#drop(id);
  }
}

function describe(error: unknown): NonNullable<LoadResult['error']> {
  const message = errorMessage(error);
  if (error instanceof PortError) {
    const { code, protocol, address, port } = error;
    return { code, message, protocol, address, port };
  }
  return { code: errnoCode(error) ?? 'EIO', message };
}
