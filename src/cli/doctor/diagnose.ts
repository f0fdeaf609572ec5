import { checkCgroups } from './cgroups.ts';
import type { Finding } from './finding.ts';
import { checkKernel } from './kernel.ts';
import { checkMachine } from './machine.ts';
import type { Probe } from './probe.ts';
import { checkPrograms } from './programs.ts';

/**
 * Everything there is to know, in the order in which it is shown. Changes nothing.
 * @param wanted  programs that are needed besides
 */
export async function diagnose(probe: Probe, wanted: readonly string[] = []): Promise<Finding[]> {
  if (probe.platform !== 'linux') return checkMachine(probe);
  const [machine, programs, kernel] = await Promise.all([checkMachine(probe), checkPrograms(probe, wanted), checkKernel(probe)]);
  return [...machine, ...programs, ...kernel, ...checkCgroups(probe)];
}

/** True when containers can run. */
export function isHealthy(findings: readonly Finding[]): boolean {
  return findings.every((finding) => finding.status !== 'problem');
}
