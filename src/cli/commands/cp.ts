/** `cp`: files between a container and this machine. */
import { lstatSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { ExitCode, isEngineError, UserError } from '../../base/index.ts';
import { findContainers, type NamedContext, type ObservedContainer } from '../../controller/index.ts';
import type { Engine, PathStat } from '../../engine-api/index.ts';
import { withEngine } from '../connection.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { namedContext } from '../named-context.ts';
import { projectOrName } from '../project.ts';
import { packTree } from '../copy/pack.ts';
import { unpack } from '../copy/unpack.ts';

interface Place {
  readonly service: string | undefined;
  readonly path: string;
}

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const [source, target] = [placeOf(input.args[0] ?? ''), placeOf(input.args[1] ?? '')];
  if (source.service !== undefined && target.service !== undefined) throw new UserError('copying between services is not supported', { code: 'copy.direction' });
  const service = source.service ?? target.service;
  if (service === undefined) throw new UserError('unknown copy direction', { code: 'copy.direction', hint: 'one side is SERVICE:PATH' });
  const project = await projectOrName(cli, { services: [service] });
  await withEngine(cli, async ({ engine }) => {
    const containers = await containersFor(namedContext({ engine }, project), service, input);
    if (cli.globals.dryRun) return void (await cli.stdout.write(containers.map((c) => `would copy with ${c.name}\n`).join('')));
    const [first] = containers;
    if (source.service !== undefined && first) await copyOut(cli, input, engine, first, source.path, target.path);
    else for (const container of containers) await copyIn(cli, input, engine, container, source.path, target.path);
  });
  return ExitCode.ok;
}

/** `SERVICE:PATH`, or a path; one that has a colon itself is written with `./` or `/` in front. */
function placeOf(text: string): Place {
  const [, service, path] = /^([A-Za-z0-9][\w.-]*):([^]*)$/.exec(text) ?? [];
  if (service === undefined || path === undefined) return { service: undefined, path: text };
  return { service, path: path === '' ? '/' : path };
}

async function containersFor(context: NamedContext, service: string, input: CommandInput): Promise<ObservedContainer[]> {
  const index = input.replica();
  const found = await findContainers(context, { services: [service], oneOff: input.flag('all'), ...(index !== undefined && { index }) });
  if (found.length === 0) throw new UserError(`no container found for service "${service}"`, { code: 'service.noContainer' });
  return found;
}

// From a container --------------------------------------------------------------------------------------------------

async function copyOut(cli: Cli, input: CommandInput, engine: Engine, container: ObservedContainer, from: string, to: string): Promise<void> {
  const source = input.flag('follow-link') ? await followed(engine, container.id, from) : from;
  if (to === '-') {
    const { archive } = await engine.containers.getArchive(container.id, source);
    for await (const piece of archive as AsyncIterable<Uint8Array>) await cli.stdout.write(piece);
    return;
  }
  const { stat, archive } = await engine.containers.getArchive(container.id, withoutDot(source));
  const placed = placeOutside(resolve(cli.cwd, to), to, stat, contentOnly(source));
  await unpack(archive, { ...placed, archive: input.flag('archive'), onWarning: (message) => warn(cli, message) });
}

/** Where an archive lands: into an existing folder, or as a new name next to others. */
function placeOutside(path: string, written: string, source: PathStat, content: boolean): { folder: string; rootName: string | undefined } {
  const target = statSync(path, { throwIfNoEntry: false });
  const isFolder = isDirectory(source);
  if (target?.isDirectory()) return { folder: path, rootName: content && isFolder ? undefined : basename(source.name) };
  if (target && isFolder) throw new UserError(`cannot copy a directory onto the file ${path}`, { code: 'copy.target' });
  if (!target && written.endsWith('/') && !isFolder) throw new UserError(`no such directory: ${path}`, { code: 'copy.target' });
  if (!statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory()) throw new UserError(`no such directory: ${dirname(path)}`, { code: 'copy.target' });
  return { folder: dirname(path), rootName: basename(path) };
}

// Into a container --------------------------------------------------------------------------------------------------

async function copyIn(cli: Cli, input: CommandInput, engine: Engine, container: ObservedContainer, from: string, to: string): Promise<void> {
  const copyUIDGID = input.flag('archive');
  if (from === '-') return engine.containers.putArchive(container.id, { path: to, noOverwriteDirNonDir: true }, cli.stdin.stream() as Readable);
  const path = resolve(cli.cwd, from);
  const local = input.flag('follow-link') ? statSync(path, { throwIfNoEntry: false }) : lstatSync(path, { throwIfNoEntry: false });
  if (!local) throw new UserError(`no such file or directory: ${from}`, { code: 'copy.source' });
  const target = await statInside(engine, container.id, await resolvedTarget(engine, container.id, to));
  const content = contentOnly(from) && local.isDirectory();
  const placed = placeInside(to, target, { isFolder: local.isDirectory(), name: basename(path), content });
  const archive = packTree(path, { rootName: placed.rootName, followLink: input.flag('follow-link'), archive: copyUIDGID, onWarning: (message) => warn(cli, message) });
  await engine.containers.putArchive(container.id, { path: placed.folder, noOverwriteDirNonDir: true, ...(copyUIDGID && { copyUIDGID }) }, archive);
}

function placeInside(to: string, target: PathStat | undefined, source: { isFolder: boolean; name: string; content: boolean }): { folder: string; rootName: string | undefined } {
  const path = to.startsWith('/') ? to : `/${to}`;
  if (target && isDirectory(target)) return { folder: path, rootName: source.content ? undefined : source.name };
  if (target && source.isFolder) throw new UserError(`cannot copy a directory onto the file ${to}`, { code: 'copy.target' });
  if (!target && to.endsWith('/') && !source.isFolder) throw new UserError(`no such directory in the container: ${to}`, { code: 'copy.target' });
  const plain = path.replace(/\/+$/, '');
  return { folder: dirname(plain), rootName: basename(plain) };
}

/** A symbolic link as target means what it points to. */
async function resolvedTarget(engine: Engine, id: string, path: string): Promise<string> {
  return followed(engine, id, path);
}

async function followed(engine: Engine, id: string, path: string): Promise<string> {
  const stat = await statInside(engine, id, path);
  return stat?.linkTarget ? stat.linkTarget : path;
}

async function statInside(engine: Engine, id: string, path: string): Promise<PathStat | undefined> {
  try {
    return await engine.containers.statPath(id, path);
  } catch (error) {
    if (isEngineError(error, 'notFound')) return undefined;
    throw error;
  }
}

/** `DIR/.` means what is in the folder, not the folder itself. */
function contentOnly(path: string): boolean {
  return /(^|\/)\.$/.test(path);
}

function withoutDot(path: string): string {
  return path.replace(/\/\.$/, '') || '/';
}

const GO_MODE_DIRECTORY = 0x80000000;

function isDirectory(stat: PathStat): boolean {
  return stat.mode >>> 0 >= GO_MODE_DIRECTORY;
}

function warn(cli: Cli, message: string): void {
  void cli.stderr.write(`${cli.err.yellow('warning')} ${message}\n`);
}
