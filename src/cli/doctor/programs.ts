/** Programs that the engine runs. */
import type { Finding } from './finding.ts';
import type { Probe } from './probe.ts';

const REQUIRED = [
  ['conmon', 'holds the output and the exit code of each container, so that nothing depends on the engine'],
  ['nft', 'writes the rules for published ports'],
] as const;

const OPTIONAL = [
  ['git', 'builds from git repositories'],
  ['zstd', 'images with zstd layers'],
  ['newuidmap', 'containers without root'],
  ['ip', 'trying bridges and virtual cables here'],
] as const;

/** @param wanted  programs that are needed besides: `busybox` for the demo */
export async function checkPrograms(probe: Probe, wanted: readonly string[] = []): Promise<Finding[]> {
  const required = REQUIRED.map(([name, use]) => program(probe, name, use, 'problem'));
  const optional = OPTIONAL.map(([name, use]) => program(probe, name, use, 'note'));
  const extra = wanted.map((name) => program(probe, name, 'is asked for', 'problem'));
  return Promise.all([ociRuntime(probe), ...required, init(probe), ...extra, ...optional]);
}

/** As the engine looks for it: names of inits that are static everywhere. */
const STATIC_INITS = ['docker-init', 'tini-static', 'catatonit'];

function init(probe: Probe): Finding {
  const base = { id: 'program.init', title: 'static init' };
  const path = STATIC_INITS.map((name) => probe.which(name)).find((found) => found !== undefined);
  if (path !== undefined) return { ...base, status: 'ok', detail: path };
  return {
    ...base,
    status: 'advice',
    detail: 'not found',
    reason: 'services with `init: true` get it as their first process',
    mend: 'install tini-static (Debian: the package tini) or catatonit',
    fix: { kind: 'install', programs: ['tini-static'] },
  };
}

async function program(probe: Probe, name: string, use: string, status: 'problem' | 'note'): Promise<Finding> {
  const path = probe.which(name);
  if (path !== undefined) return { id: `program.${name}`, title: name, status: 'ok', detail: path };
  const reason = status === 'problem' ? `it ${use}` : `needed for ${use} only`;
  return { id: `program.${name}`, title: name, status, detail: 'not found', reason, mend: `install ${name}`, fix: { kind: 'install', programs: [name] } };
}

/** crun first: starting a container with runc costs 21 ms of CPU more. */
async function ociRuntime(probe: Probe): Promise<Finding> {
  const base = { id: 'program.oci-runtime', title: 'crun or runc' };
  const asked = probe.environment['TSCOMPOSE_OCI_RUNTIME'];
  if (asked) return askedRuntime(probe, asked, base);
  for (const name of ['crun', 'runc']) {
    const path = probe.which(name);
    if (path === undefined) continue;
    const { ok, output } = await probe.run([path, '--version']);
    const version = output.split('\n')[0] ?? '';
    if (!ok) return { ...base, status: 'problem', detail: `${path} does not run: ${version}`, reason: 'it makes containers', mend: `reinstall ${name}`, fix: { kind: 'install', programs: ['crun'] } };
    return { ...base, status: 'ok', detail: `${path} (${version})` };
  }
  return { ...base, status: 'problem', detail: 'not found', reason: 'it makes containers', mend: 'install crun', fix: { kind: 'install', programs: ['crun'] } };
}

async function askedRuntime(probe: Probe, asked: string, base: Pick<Finding, 'id' | 'title'>): Promise<Finding> {
  const path = asked.startsWith('/') ? asked : probe.which(asked);
  const { ok, output } = path === undefined ? { ok: false, output: '' } : await probe.run([path, '--version']);
  const version = output.split('\n')[0] ?? '';
  if (ok && /^(crun|runc) version /.test(version)) return { ...base, status: 'ok', detail: `${path} (${version}), chosen by TSCOMPOSE_OCI_RUNTIME` };
  return { ...base, status: 'problem', detail: `TSCOMPOSE_OCI_RUNTIME is ${asked}: neither crun nor runc, or not installed`, reason: 'it makes containers', mend: 'install it, or unset TSCOMPOSE_OCI_RUNTIME' };
}
