/** Programs that the engine runs. */
import type { Finding } from './finding.ts';
import type { Probe } from './probe.ts';

const REQUIRED = [
  ['conmon', 'holds the output and the exit code of each container, so that nothing depends on the engine'],
  ['nft', 'writes the rules for published ports'],
  ['ip', 'makes networks where the direct way to the kernel is closed'],
] as const;

const OPTIONAL = [
  ['git', 'builds from git repositories'],
  ['zstd', 'images with zstd layers'],
  ['newuidmap', 'containers without root'],
] as const;

/** @param wanted  programs that are needed besides: `busybox` for the demo */
export async function checkPrograms(probe: Probe, wanted: readonly string[] = []): Promise<Finding[]> {
  const required = REQUIRED.map(([name, use]) => program(probe, name, use, 'problem'));
  const optional = OPTIONAL.map(([name, use]) => program(probe, name, use, 'note'));
  const extra = wanted.map((name) => program(probe, name, 'is asked for', 'problem'));
  return Promise.all([ociRuntime(probe), ...required, ...extra, ...optional]);
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
