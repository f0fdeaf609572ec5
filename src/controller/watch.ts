/** `watch`: brings changed files into running containers, rebuilds and restarts, as `develop.watch` says. */
import { lstat, readFile, readlink } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { errnoCode, errorMessage } from '../base/index.ts';
import type { Hook } from '../compose/index.ts';
import { callOptions, checkServices, type ProjectContext } from './context.ts';
import { findContainers } from './find-containers.ts';
import { runHook } from './hooks.ts';
import { Label } from './identity.ts';
import { restart } from './lifecycle.ts';
import type { ObservedContainer } from './observed-state.ts';
import { TAR_END, tarFile, tarHeader } from './tar-entry.ts';
import { TreeWatcher } from './tree-watcher.ts';
import { up, type UpVerbOptions } from './up.ts';
import { compileRules, reactions, type ServiceReaction } from './watch-rules.ts';

export interface WatchOptions extends Pick<UpVerbOptions, 'buildOptions' | 'pullOptions'> {
  readonly services?: readonly string[];
  /** Removes images that a rebuild left without a name. Default true. */
  readonly prune?: boolean;
  /** Called once when everything is being watched. */
  readonly onReady?: () => void;
  readonly onReaction?: (reaction: WatchReport) => void;
}

export interface WatchReport {
  readonly service: string;
  readonly action: 'sync' | 'rebuild' | 'restart' | 'exec';
  /** Paths in the container, for syncs. */
  readonly paths: readonly string[];
  readonly error?: string;
}

/** Editors write a file in several steps. */
const QUIET_MS = 100;
/** A tree that never comes to rest is looked at all the same. */
const MAX_QUIET_MS = 2000;

/**
 * Watches until the signal says so.
 * A reaction that fails is reported, and watching goes on.
 * @throws UserError `watch.none`, `watch.target`, `service.unknown`
 */
export async function watch(context: ProjectContext, options: WatchOptions = {}): Promise<void> {
  checkServices(context.project, options.services ?? []);
  const rules = compileRules(context.project, options.services ?? []);
  const turn = new Turn();
  const trees = rules.map((rule) => ({ rule, watcher: new TreeWatcher(rule, () => turn.wake()) }));
  const stop = (): void => turn.wake();
  context.signal?.addEventListener('abort', stop, { once: true });
  try {
    const first = await Promise.all(trees.map(async ({ rule, watcher }) => ({ rule, files: await watcher.scan() })));
    await react(context, options, reactions(first.filter(({ rule }) => rule.rule.initial_sync && rule.rule.action.startsWith('sync')).flatMap(({ files }) => files)));
    options.onReady?.();
    while (!context.signal?.aborted) {
      await turn.next(QUIET_MS);
      if (context.signal?.aborted) return;
      const changes = await Promise.all(trees.map(({ watcher }) => watcher.scan()));
      await react(context, options, reactions(changes.flat()));
    }
  } finally {
    context.signal?.removeEventListener('abort', stop);
    for (const { watcher } of trees) watcher.close();
  }
}

async function react(context: ProjectContext, options: WatchOptions, all: readonly ServiceReaction[]): Promise<void> {
  for (const reaction of all) {
    const { service } = reaction;
    if (reaction.rebuild) {
      await report(options, { service, action: 'rebuild', paths: [] }, () => rebuild(context, options, service));
      continue;
    }
    // Files can be put into a container in any state, and dockerd's list lags a moment behind a start.
    const containers = (await findContainers(context, { services: [service] })).filter((c) => c.state !== 'removing' && c.state !== 'dead');
    const paths = [...reaction.written.map((file) => file.to), ...reaction.deleted];
    if (paths.length > 0) await report(options, { service, action: 'sync', paths }, () => Promise.all(containers.map((c) => sync(context, c, reaction))));
    for (const hook of reaction.hooks) await report(options, { service, action: 'exec', paths: [] }, () => Promise.all(containers.map((c) => runWatchHook(context, c, hook))));
    if (reaction.restart) await report(options, { service, action: 'restart', paths: [] }, () => restart(context, { services: [service], noDeps: true }));
  }
}

async function report(options: WatchOptions, what: Omit<WatchReport, 'error'>, body: () => Promise<unknown>): Promise<void> {
  try {
    await body();
    options.onReaction?.(what);
  } catch (error) {
    options.onReaction?.({ ...what, error: errorMessage(error) });
  }
}

async function rebuild(context: ProjectContext, options: WatchOptions, service: string): Promise<void> {
  const { buildOptions, pullOptions, prune = true } = options;
  await up(context, { services: [service], noDeps: true, build: true, ignoreOrphans: true, ...(buildOptions && { buildOptions }), ...(pullOptions && { pullOptions }) });
  if (prune) await context.engine.images.prune({ dangling: ['true'], label: [`${Label.project}=${context.project.name}`] }, callOptions(context));
}

/** The engine writes the files, so the image needs no tools; they belong to the container's user. */
async function sync(context: ProjectContext, container: ObservedContainer, { written, deleted }: ServiceReaction): Promise<void> {
  const { engine } = context;
  const o = callOptions(context);
  if (written.length > 0) {
    const owner = ownerOf((await engine.containers.inspect(container.id, {}, o)).Config.User ?? '');
    const entries = (await Promise.all(written.map((file) => entryOf(file.from, file.to, owner)))).filter((entry) => entry !== undefined);
    const archive = (): Readable => Readable.from([Buffer.concat([...entries, TAR_END])]);
    await engine.containers.putArchive(container.id, { path: '/', ...(owner.isNamed && { copyUIDGID: true }) }, archive(), o);
  }
  if (deleted.length > 0) await removeInside(context, container, deleted);
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
  /** Only the engine can look the name up. It cannot look numbers up that the image has no name for, so those are written as they are. */
  readonly isNamed: boolean;
}

function ownerOf(user: string): Owner {
  const match = /^(\d{1,10})?(?::(\d{1,10}))?$/.exec(user);
  if (!match) return { uid: 0, gid: 0, isNamed: true };
  return { uid: Number(match[1] ?? 0), gid: Number(match[2] ?? 0), isNamed: false };
}

/** There is no engine call for it: the image's own `rm`, or that of a busybox without links, has to do it. */
async function removeInside(context: ProjectContext, container: ObservedContainer, paths: readonly string[]): Promise<void> {
  const removeWith = (...program: string[]) => runWatchHook(context, container, { command: [...program, '-rf', '--', ...paths], user: '0' });
  try {
    await removeWith('rm');
  } catch (error) {
    await removeWith('busybox', 'rm').catch(() => {
      throw error;
    });
  }
}

async function entryOf(from: string, to: string, { uid, gid }: Owner): Promise<Buffer | undefined> {
  try {
    const info = await lstat(from);
    const base = { name: to.replace(/^\/+/, ''), uid, gid, mode: info.mode & 0o7777, mtime: Math.floor(info.mtimeMs / 1000) };
    if (info.isSymbolicLink()) return tarHeader({ ...base, type: 'symlink', size: 0, linkTarget: await readlink(from) });
    return tarFile(base, await readFile(from));
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined; // gone again; the next look tells
    throw error;
  }
}

function runWatchHook(context: ProjectContext, container: ObservedContainer, hook: Hook): Promise<void> {
  return runHook(context, { service: container.service, name: container.name, id: container.id, hook, phase: 'watch' });
}

/** Wakes a loop once things have been quiet for a while after the first event. What comes during the look that follows counts for the next. */
class Turn {
  #isDue = false;
  #wake: () => void = () => {};

  wake(): void {
    this.#isDue = true;
    this.#wake();
  }

  async next(quietMs: number): Promise<void> {
    if (!this.#isDue) await new Promise<void>((resolve) => (this.#wake = resolve));
    for (let waited = 0; this.#isDue && waited < MAX_QUIET_MS; waited += quietMs) {
      this.#isDue = false;
      await new Promise<void>((resolve) => setTimeout(resolve, quietMs));
    }
    this.#isDue = false;
  }
}
