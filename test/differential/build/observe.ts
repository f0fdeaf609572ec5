/** What an image is, apart from when it was made: config, history, and every member of every layer above the base. */
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { extract, type Header } from 'tar-stream';

export interface ImageFacts {
  readonly config: unknown;
  readonly author?: string;
  /** `created_by`, with `(empty)` before it when there is no layer. */
  readonly history: readonly string[];
  readonly layers: readonly (readonly string[])[];
}

interface Member {
  readonly header: Header;
  readonly content: Buffer;
}

async function members(archive: Buffer): Promise<Member[]> {
  const found: Member[] = [];
  const parser = extract();
  Readable.from([archive]).pipe(parser);
  for await (const entry of parser) found.push({ header: entry.header, content: await buffer(entry) });
  return found;
}

interface ConfigFile {
  readonly config?: Record<string, unknown>;
  readonly author?: string;
  readonly history?: readonly { created_by?: string; empty_layer?: boolean }[];
}

/**
 * Reads what `docker save` wrote.
 * @param base  how many layers and history entries the base image has, which are left out
 */
export async function observe(archive: Buffer, base: { layers: number; history: number }): Promise<ImageFacts> {
  const files = new Map((await members(archive)).map(({ header, content }) => [header.name, content]));
  const json = (name: string): unknown => JSON.parse((files.get(name) ?? Buffer.from('null')).toString());
  const [manifest] = json('manifest.json') as [{ Config: string; Layers: string[] }];
  const { config = {}, author, history = [] } = json(manifest.Config) as ConfigFile;
  const layers = await Promise.all(manifest.Layers.slice(base.layers).map(async (name) => (await members(files.get(name) ?? Buffer.alloc(0))).map(describeMember).sort()));
  return {
    config: Object.fromEntries(Object.entries(config).filter(([, value]) => !isEmpty(value)).sort(([a], [b]) => (a < b ? -1 : 1))),
    ...(author !== undefined && { author }),
    history: history.slice(base.history).map((entry) => `${entry.empty_layer === true ? '(empty) ' : ''}${entry.created_by ?? ''}`),
    layers,
  };
}

/** Go leaves empty fields out or writes null, by the version of its structures. */
function isEmpty(value: unknown): boolean {
  return value === null || value === '' || value === false || (Array.isArray(value) && value.length === 0);
}

const TYPES: Readonly<Record<string, string>> = { directory: 'd', symlink: 'l', link: 'h', fifo: 'p', 'character-device': 'c', 'block-device': 'b' };
/** Files of the context have this time; what a build makes has the present. */
export const CONTEXT_TIME = 1_000_000_000;

function describeMember({ header, content }: Member): string {
  const { type = 'file', mode = 0, uid = 0, gid = 0, mtime } = header;
  const name = header.name.replace(/^\.?\/+/, '').replace(/\/$/, '');
  const isWhiteout = /(^|\/)\.wh\./.test(name);
  const isOld = mtime !== undefined && mtime.getTime() / 1000 === CONTEXT_TIME;
  const what = type === 'file' ? ` ${header.size} ${createHash('sha256').update(content).digest('hex').slice(0, 8)}` : header.linkname ? ` -> ${header.linkname.replace(/^\.?\/+(?=.)/, type === 'link' ? '' : '$&')}` : '';
  // A hard link's attributes are its target's, a whiteout has none; writers fill in what they like.
  const attributes = type === 'link' || isWhiteout ? '' : ` ${(mode & 0o7777).toString(8).padStart(4, '0')} ${uid}:${gid}`;
  return `${name} ${TYPES[type] ?? '-'}${attributes}${what}${isOld && type !== 'link' && !isWhiteout ? ' old' : ''}`;
}
