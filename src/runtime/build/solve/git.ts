/** Git repositories as sources, through the machine's git. Protocols that could run programs or read local files are off. */
import { mkdirSync, rmSync } from 'node:fs';
import { join, posix } from 'node:path';
import { EngineError } from '../../../base/index.ts';
import { run } from '../../host/run.ts';

export interface GitReference {
  readonly url: string;
  /** Branch, tag or commit; undefined: the remote's HEAD. */
  readonly ref: string | undefined;
  /** Directory inside the repository, '' for all of it. */
  readonly directory: string;
}

const FETCH_MS = 600_000;

/**
 * `https://host/x.git#ref:dir`, `git://…`, `ssh://…`, `git@host:path`, `github.com/x/y`.
 * @returns undefined for anything else
 */
export function parseGitReference(text: string): GitReference | undefined {
  const hash = text.indexOf('#');
  const address = hash < 0 ? text : text.slice(0, hash);
  const isGit = /^(?:git|ssh):\/\/[^-]/.test(address) || /^[\w.-]+@[\w.-]+:[^-]/.test(address) || /^https?:\/\/[^/-][^?]*\.git\/?$/.test(address);
  const isShort = /^github\.com\/[^/]+\/[^/]+/.test(address);
  if (!isGit && !isShort) return undefined;
  const [ref = '', ...directory] = (hash < 0 ? '' : text.slice(hash + 1)).split(':');
  return {
    url: isShort ? `https://${address}` : address,
    ref: ref === '' ? undefined : ref,
    directory: posix.normalize(`/${directory.join(':')}`).replace(/^\/+|\/+$/g, ''),
  };
}

async function git(args: readonly string[], what: string, signal: AbortSignal): Promise<string> {
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    SSH_AUTH_SOCK: process.env['SSH_AUTH_SOCK'],
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: 'http:https:git:ssh',
    GIT_SSH_COMMAND: 'ssh -oBatchMode=yes',
    GIT_CONFIG_NOSYSTEM: '1',
  };
  const result = await run('git', args, { env, timeoutMs: FETCH_MS, signal });
  if (result.timedOut) throw new EngineError('unavailable', `${what}: timed out`);
  if (result.exitCode !== 0) throw new EngineError('unavailable', `${what}: ${result.stderr.trim().slice(-2000)}`);
  return result.stdout;
}

/** The commit that a reference means now. @throws EngineError */
export async function resolveCommit({ url, ref }: GitReference, signal: AbortSignal): Promise<string> {
  if (ref !== undefined && /^[0-9a-f]{40}$/.test(ref)) return ref;
  if (ref?.startsWith('-')) throw new EngineError('invalid', `invalid git reference ${JSON.stringify(ref)}`);
  const wanted = ref ?? 'HEAD';
  const listing = await git(['ls-remote', '--', url, wanted, `${wanted}^{}`], `cannot reach ${url}`, signal);
  const found = new Map(listing.split('\n').map((line) => line.split('\t')).map(([commit = '', name = '']) => [name, commit]));
  for (const name of [`refs/heads/${wanted}`, `refs/tags/${wanted}^{}`, `refs/tags/${wanted}`, `${wanted}^{}`, wanted]) {
    const commit = found.get(name);
    if (commit !== undefined && /^[0-9a-f]{40,64}$/.test(commit)) return commit;
  }
  throw new EngineError('notFound', `repository ${url} has no ${wanted}`);
}

/**
 * Checks a commit out into an empty directory. The reference's own directory is the caller's to resolve: the repository may
 * have a symlink there.
 * @throws EngineError
 */
export async function checkOut(reference: GitReference, commit: string, directory: string, options: { keepGitDir: boolean; signal: AbortSignal }): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const inside = ['-C', directory, '-c', 'core.hooksPath=/dev/null', '-c', 'advice.detachedHead=false'];
  const { url, ref } = reference;
  const { signal } = options;
  await git(['-C', directory, 'init', '--quiet'], 'git init', signal);
  await git([...inside, 'remote', 'add', 'origin', url], `cannot use ${url}`, signal);
  // Not every server gives single commits; then the reference, and at last everything, is asked for.
  const fetch = (wanted: string, depth: readonly string[]): Promise<string> => git([...inside, 'fetch', '--quiet', ...depth, 'origin', wanted], `cannot fetch ${url}`, signal);
  await fetch(commit, ['--depth=1']).catch(() => fetch(ref ?? 'HEAD', ['--depth=1'])).catch(() => fetch('+refs/heads/*:refs/remotes/origin/*', []));
  await git([...inside, 'checkout', '--quiet', '--force', commit], `cannot check out ${commit}`, signal);
  await git([...inside, 'submodule', 'update', '--quiet', '--init', '--recursive', '--depth=1'], `submodules of ${url}`, signal);
  if (!options.keepGitDir) rmSync(join(directory, '.git'), { recursive: true, force: true });
}
