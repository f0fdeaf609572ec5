/** `RUN --mount=…`: first as fields, then, with variables expanded, as a checked mount. */
import { parseBytes } from '../../../base/index.ts';
import type { MountFlag } from './ast.ts';
import { DockerfileMistake } from './errors.ts';
import { suggest } from './flags.ts';

interface BindMount {
  readonly type: 'bind';
  readonly target: string;
  readonly source: string;
  readonly from: string | undefined;
  readonly writable: boolean;
}
interface CacheMount {
  readonly type: 'cache';
  readonly target: string;
  readonly id: string;
  readonly source: string;
  readonly from: string | undefined;
  readonly readOnly: boolean;
  readonly sharing: 'shared' | 'private' | 'locked';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}
interface TmpfsMount {
  readonly type: 'tmpfs';
  readonly target: string;
  /** Bytes. */
  readonly size: number | undefined;
}
interface SecretMount {
  readonly type: 'secret';
  readonly id: string;
  /** Undefined: only the environment variable. */
  readonly target: string | undefined;
  readonly env: string | undefined;
  readonly required: boolean;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}
interface SshMount {
  readonly type: 'ssh';
  readonly id: string;
  /** Undefined: the builder chooses. */
  readonly target: string | undefined;
  readonly required: boolean;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}
export type RunMount = BindMount | CacheMount | TmpfsMount | SecretMount | SshMount;

const COMMON = ['type', 'target', 'dst', 'destination'];
const OWNER = ['mode', 'uid', 'gid'];
const KEYS: Readonly<Record<RunMount['type'], readonly string[]>> = {
  bind: [...COMMON, 'source', 'src', 'from', 'rw', 'readwrite', 'ro', 'readonly'],
  cache: [...COMMON, 'source', 'src', 'from', 'id', 'sharing', 'rw', 'readwrite', 'ro', 'readonly', ...OWNER],
  tmpfs: [...COMMON, 'size'],
  secret: [...COMMON, 'source', 'src', 'id', 'env', 'required', ...OWNER],
  ssh: [...COMMON, 'source', 'src', 'id', 'required', ...OWNER],
};

/** Cuts `type=bind,"source=a,b",target=/x` at commas; quoted fields as in CSV. @throws DockerfileMistake */
export function parseMountFlag(text: string): MountFlag {
  const fields: { key: string; value: string | undefined }[] = [];
  for (const match of text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
    const field = match[1]?.replaceAll('""', '"') ?? match[2] ?? '';
    const equals = field.indexOf('=');
    const key = (equals < 0 ? field : field.slice(0, equals)).trim().toLowerCase();
    if (key === '') throw new DockerfileMistake(`invalid mount ${JSON.stringify(text)}: empty field`);
    fields.push({ key, value: equals < 0 ? undefined : field.slice(equals + 1) });
  }
  const mount = { text, fields };
  // Without variables the mount can be judged now, which puts the error before the build.
  if (!text.includes('$')) resolveMount(mount, (value) => value);
  return mount;
}

/**
 * @param expand  expands variables in one value
 * @throws DockerfileMistake for unknown types and keys, missing targets, wrong values
 */
export function resolveMount(mount: MountFlag, expand: (value: string) => string): RunMount {
  const reader = new FieldReader(mount, expand);
  const target = reader.text('target', 'dst', 'destination');
  switch (reader.type) {
    case 'bind':
      return { type: 'bind', target: required(target), source: reader.text('source', 'src') ?? '/', from: reader.text('from'), writable: reader.writable(false) };
    case 'cache':
      return {
        type: 'cache',
        target: required(target),
        id: reader.text('id') ?? required(target),
        source: reader.text('source', 'src') ?? '/',
        from: reader.text('from'),
        readOnly: !reader.writable(true),
        sharing: reader.sharing(),
        ...reader.owner(0o755),
      };
    case 'tmpfs':
      return { type: 'tmpfs', target: required(target), size: reader.size() };
    case 'secret': {
      const env = reader.text('env');
      const id = reader.text('id', 'source', 'src') ?? (target === undefined ? undefined : target.split('/').at(-1));
      if (id === undefined || id === '') throw new DockerfileMistake('a secret mount needs an id or a target');
      const file = target ?? (env === undefined ? `/run/secrets/${id}` : undefined);
      return { type: 'secret', id, target: file, env, required: reader.flag('required') ?? false, ...reader.owner(0o400) };
    }
    case 'ssh':
      return { type: 'ssh', id: reader.text('id', 'source', 'src') ?? 'default', target, required: reader.flag('required') ?? false, ...reader.owner(0o600) };
  }
}

function required(target: string | undefined): string {
  if (target === undefined || target === '') throw new DockerfileMistake('a mount needs a target');
  return target;
}

class FieldReader {
  readonly type: RunMount['type'];
  readonly #values = new Map<string, string | undefined>();

  constructor(mount: MountFlag, expand: (value: string) => string) {
    for (const { key, value } of mount.fields) this.#values.set(key, value === undefined ? undefined : expand(value));
    const type = this.#values.get('type') ?? 'bind';
    if (!Object.hasOwn(KEYS, type)) throw new DockerfileMistake(`unsupported mount type ${JSON.stringify(type)}${suggest(type, Object.keys(KEYS))}`);
    this.type = type as RunMount['type'];
    for (const key of this.#values.keys()) {
      const known = KEYS[this.type];
      if (!known.includes(key)) throw new DockerfileMistake(`unexpected key '${key}' for mount type '${type}'${suggest(key, known)}`);
    }
  }

  text(...names: string[]): string | undefined {
    const name = names.find((candidate) => this.#values.has(candidate));
    if (name === undefined) return undefined;
    const value = this.#values.get(name);
    if (value === undefined) throw new DockerfileMistake(`mount field '${name}' needs a value`);
    return value;
  }

  flag(name: string): boolean | undefined {
    if (!this.#values.has(name)) return undefined;
    const value = this.#values.get(name) ?? 'true';
    if (/^(1|t|true)$/i.test(value)) return true;
    if (/^(0|f|false)$/i.test(value)) return false;
    throw new DockerfileMistake(`mount field '${name}' is a boolean, not ${JSON.stringify(value)}`);
  }

  writable(fallback: boolean): boolean {
    const write = this.flag('rw') ?? this.flag('readwrite');
    const read = this.flag('ro') ?? this.flag('readonly');
    return write ?? (read === undefined ? fallback : !read);
  }

  sharing(): CacheMount['sharing'] {
    const value = this.text('sharing') ?? 'shared';
    if (value === 'shared' || value === 'private' || value === 'locked') return value;
    throw new DockerfileMistake(`unsupported cache sharing ${JSON.stringify(value)}: shared, private or locked`);
  }

  size(): number | undefined {
    const value = this.text('size');
    const size = value === undefined ? undefined : parseBytes(value);
    if (value !== undefined && size === undefined) throw new DockerfileMistake(`invalid size ${JSON.stringify(value)}`);
    return size;
  }

  owner(mode: number): { mode: number; uid: number; gid: number } {
    return { mode: this.#number('mode', 8) ?? mode, uid: this.#number('uid', 10) ?? 0, gid: this.#number('gid', 10) ?? 0 };
  }

  #number(name: string, base: 8 | 10): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const valid = base === 8 ? /^[0-7]{1,5}$/ : /^\d{1,9}$/;
    if (!valid.test(value)) throw new DockerfileMistake(`invalid ${name} ${JSON.stringify(value)} of a mount`);
    return Number.parseInt(value, base);
  }
}
