/** The same cases through BuildKit: a docker CLI with buildx on a real dockerd, or what it answered when it was recorded. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noDockerd, startDockerd } from '../../support/dockerd.ts';
import { isFromScratch, type Case } from './cases.ts';
import { writeContext } from './context.ts';
import { observe, type ImageFacts } from './observe.ts';

export interface Fault {
  readonly message: string;
  readonly code: number;
}

export interface BuildKit {
  build(one: Case): Promise<ImageFacts>;
  fail(one: Case): Fault;
  stop(): Promise<void>;
}

/** The base of all cases, as both engines import it. */
export const BASE = { changes: ['ENV PATH=/bin:/usr/bin', 'ENV BASE=yes', 'CMD ["sh"]', 'LABEL base=1'], layers: 1, history: 1 };

/**
 * `TSCOMPOSE_TEST_BUILDKIT` is a docker command with buildx, by default `docker` on a dockerd of its own; one that lives in another mount
 * namespace needs `TSCOMPOSE_TEST_SHARED=here=there`, a directory under both its names.
 * @returns undefined when there is none on this machine
 */
export async function startBuildKit(baseTar: Buffer): Promise<BuildKit | undefined> {
  const given = process.env['TSCOMPOSE_TEST_BUILDKIT']?.split(' ');
  if (!given && (noDockerd() !== undefined || spawnSync('docker', ['buildx', 'version']).status !== 0)) return undefined;
  const dockerd = given ? undefined : await startDockerd();
  const docker = given ?? ['docker', '-H', `unix://${dockerd?.socket ?? ''}`];
  const [here = tmpdir(), there = here] = process.env['TSCOMPOSE_TEST_SHARED']?.split('=') ?? [];
  mkdirSync(here, { recursive: true });
  const call = (args: readonly string[], input?: Buffer, env: Readonly<Record<string, string>> = {}) => {
    const [program = '', ...prefix] = docker;
    return spawnSync(program, [...prefix, ...args], { input, maxBuffer: 1 << 28, env: { ...process.env, DOCKER_BUILDKIT: '1', BUILDX_NO_DEFAULT_ATTESTATIONS: '1', ...env } });
  };
  const imported = call(['import', ...BASE.changes.flatMap((change) => ['-c', change]), '-', 'tsc-base:latest'], baseTar);
  if (imported.status !== 0) throw new Error(`docker import: ${imported.stderr.toString()}`);
  const run = (one: Case) => {
    const directory = mkdtempSync(join(here, 'tsc-bk-'));
    try {
      writeContext(directory, one);
      const secrets = Object.entries(one.secrets ?? {}).map(([id, value]): [string, string] => [`SECRET_${id}`, value]);
      const flags = [
        ...Object.entries(one.args ?? {}).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
        ...(one.target === undefined ? [] : ['--target', one.target]),
        ...secrets.flatMap(([name]) => ['--secret', `id=${name.slice('SECRET_'.length)},env=${name}`]),
      ];
      return call(['build', '--progress=plain', '-t', 'tsc-case', ...flags, directory.replace(here, there)], undefined, Object.fromEntries(secrets));
    } finally {
      rmSync(directory, { recursive: true });
    }
  };
  return {
    async build(one) {
      const done = run(one);
      if (done.status !== 0) throw new Error(done.stderr.toString());
      return observe(call(['save', 'tsc-case']).stdout, isFromScratch(one) ? { layers: 0, history: 0 } : BASE);
    },
    fail(one) {
      const { status, stderr } = run(one);
      return { message: /^ERROR: ([\s\S]*)$/m.exec(stderr.toString())?.[1]?.trim() ?? '', code: status ?? -1 };
    },
    async stop() {
      call(['rmi', '-f', 'tsc-case', 'tsc-base']);
      await dockerd?.stop();
    },
  };
}
