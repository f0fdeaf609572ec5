import type { Readable } from 'node:stream';
import { EngineError } from '../base/index.ts';
import { isAtLeast } from './api-version.ts';
import type { AttachedStream, CallOptions, ContainersApi, ExecApi } from './engine.ts';
import type { Headers } from './http-parser.ts';
import type * as t from './types.ts';
import { encodeFilters, segment, type Wire } from './wire.ts';

/** `/containers/...` over the wire. */
export function containersClient(wire: Wire): ContainersApi {
  return { ...lifecycle(wire), ...streams(wire), ...archives(wire) };
}

const at = (container: string, verb = ''): string => `/containers/${segment(container)}${verb}`;

type Lifecycle = Omit<ContainersApi, keyof ReturnType<typeof streams> | keyof ReturnType<typeof archives>>;

function lifecycle(wire: Wire): Lifecycle {
  return {
    list: ({ filters, ...query } = {}, o) =>
      wire.json('GET', '/containers/json', { query: { ...query, filters: encodeFilters(filters) }, signal: o?.signal }),
    create: (body, query = {}, o) => wire.json('POST', '/containers/create', { query: { ...query }, json: body, signal: o?.signal }),
    inspect: (container, query = {}, o) => wire.json('GET', at(container, '/json'), { query: { ...query }, signal: o?.signal }),
    start: (container, query = {}, o) => wire.done('POST', at(container, '/start'), { query: { ...query }, signal: o?.signal }),
    stop: (container, query = {}, o) => wire.done('POST', at(container, '/stop'), { query: { ...query }, signal: o?.signal }),
    restart: async (container, query = {}, o) => void (await wire.done('POST', at(container, '/restart'), { query: { ...query }, signal: o?.signal })),
    kill: async (container, query = {}, o) => void (await wire.done('POST', at(container, '/kill'), { query: { ...query }, signal: o?.signal })),
    pause: async (container, o) => void (await wire.done('POST', at(container, '/pause'), { signal: o?.signal })),
    unpause: async (container, o) => void (await wire.done('POST', at(container, '/unpause'), { signal: o?.signal })),
    rename: async (container, name, o) => void (await wire.done('POST', at(container, '/rename'), { query: { name }, signal: o?.signal })),
    update: (container, body, o) => wire.json('POST', at(container, '/update'), { json: body, signal: o?.signal }),
    remove: async (container, query = {}, o) => void (await wire.done('DELETE', at(container), { query: { ...query }, signal: o?.signal })),
    prune: (filters, o) => wire.json('POST', '/containers/prune', { query: { filters: encodeFilters(filters) }, signal: o?.signal }),
    top: (container, query = {}, o) => wire.json('GET', at(container, '/top'), { query: { ...query }, signal: o?.signal }),
    changes: async (container, o) => (await wire.json<t.FilesystemChange[] | null>('GET', at(container, '/changes'), { signal: o?.signal })) ?? [],
    resize: async (container, query, o) => void (await wire.done('POST', at(container, '/resize'), { query: { ...query }, signal: o?.signal })),
  };
}

function streams(wire: Wire) {
  return {
    wait: (async (container, query = {}, o) => {
      const { body } = await wire.stream('POST', at(container, '/wait'), { query: { ...query }, signal: o?.signal });
      const exit = readJson<t.ContainerWaitResponse>(body);
      exit.catch(() => {}); // the caller may never look at it
      return { exit };
    }) satisfies ContainersApi['wait'],

    attach: (async (container, query, o) => {
      const upgraded = await wire.upgrade(at(container, '/attach'), { query: { ...query }, signal: o?.signal });
      return { stream: upgraded.stream, tty: terminalOf(upgraded.headers) ?? (await hasTerminal(wire, container, o)) };
    }) satisfies ContainersApi['attach'],

    logs: (async (container, query, o) => {
      const { tail, ...rest } = query;
      const lines = tail === undefined || tail < 0 ? undefined : tail;
      const { headers, body } = await wire.stream('GET', at(container, '/logs'), { query: { ...rest, tail: lines }, signal: o?.signal });
      return { output: body, tty: terminalOf(headers) ?? (await hasTerminal(wire, container, o)) };
    }) satisfies ContainersApi['logs'],

    stats: ((container, { stream, oneShot } = {}, o) =>
      wire.lines('GET', at(container, '/stats'), { query: { stream, 'one-shot': oneShot }, signal: o?.signal })) satisfies ContainersApi['stats'],
  };

  /** Engines before API 1.42, and podman, do not say in the headers whether the bytes are framed. */
  function terminalOf(headers: Headers): boolean | undefined {
    const type = headers['content-type'] ?? '';
    if (type.includes('multiplexed-stream')) return false;
    return type.includes('raw-stream') && isAtLeast(wire.apiVersion, '1.42') ? true : undefined;
  }
}

async function hasTerminal(wire: Wire, container: string, o?: CallOptions): Promise<boolean> {
  const { Config } = await wire.json<t.ContainerInspect>('GET', at(container, '/json'), { signal: o?.signal });
  return Config.Tty ?? false;
}

function archives(wire: Wire) {
  return {
    export: (async (container, o) => (await wire.stream('GET', at(container, '/export'), { signal: o?.signal })).body) satisfies ContainersApi['export'],

    statPath: (async (container, path, o) =>
      pathStat(await wire.headers('HEAD', at(container, '/archive'), { query: { path }, signal: o?.signal }))) satisfies ContainersApi['statPath'],

    getArchive: (async (container, path, o) => {
      const { headers, body } = await wire.stream('GET', at(container, '/archive'), { query: { path }, signal: o?.signal });
      return { stat: pathStat(headers), archive: body };
    }) satisfies ContainersApi['getArchive'],

    putArchive: (async (container, query, archive, o) =>
      void (await wire.done('PUT', at(container, '/archive'), { query: { ...query }, body: archive, signal: o?.signal }))) satisfies ContainersApi['putArchive'],
  };
}

function pathStat(headers: Headers): t.PathStat {
  const header = headers['x-docker-container-path-stat'];
  if (header === undefined) throw new EngineError('internal', 'the engine sent no description of the path');
  return JSON.parse(Buffer.from(header, 'base64').toString('utf8')) as t.PathStat;
}

/** `/exec/...` over the wire. */
export function execClient(wire: Wire): ExecApi {
  const exec = (id: string, verb: string): string => `/exec/${segment(id)}${verb}`;
  return {
    create: (container, body, o) => wire.json('POST', at(container, '/exec'), { json: body, signal: o?.signal }),
    start: async (id, body, o): Promise<AttachedStream> => {
      const { stream } = await wire.upgrade(exec(id, '/start'), { json: { Detach: false, ...body }, signal: o?.signal });
      return { stream, tty: body.Tty ?? false };
    },
    startDetached: async (id, o) => void (await wire.done('POST', exec(id, '/start'), { json: { Detach: true }, signal: o?.signal })),
    resize: async (id, query, o) => void (await wire.done('POST', exec(id, '/resize'), { query: { ...query }, signal: o?.signal })),
    inspect: (id, o) => wire.json('GET', exec(id, '/json'), { signal: o?.signal }),
  };
}

async function readJson<T>(body: Readable): Promise<T> {
  let text = '';
  body.setEncoding('utf8');
  for await (const piece of body as AsyncIterable<string>) text += piece;
  if (text.trim() === '') throw new EngineError('unavailable', 'the engine ended the wait without an exit code');
  return JSON.parse(text) as T;
}
