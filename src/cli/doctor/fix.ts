/** `doctor --fix`: what is to be done, said before it is done. */
import type { Finding } from './finding.ts';
import { findPackageManager, installCommand, type PackageManager } from './packages.ts';
import type { Probe } from './probe.ts';

export interface FixStep {
  readonly why: string;
  readonly argv: readonly string[];
  /** Left to the user: we install by ourselves only where we know the package manager well. */
  readonly manual?: boolean;
}

const APT_LISTS = '/var/lib/apt/lists/lock'; // made by the first `apt-get update`

/** The commands that mend what can be mended, most needed first. Notes are left alone. */
export function planFixes(findings: readonly Finding[], probe: Probe): FixStep[] {
  const wanted = findings.filter((finding) => finding.fix !== undefined && (finding.status === 'problem' || finding.status === 'advice'));
  const programs = wanted.flatMap((finding) => (finding.fix?.kind === 'install' ? finding.fix.programs : []));
  const manager = findPackageManager(probe);
  const steps: FixStep[] = [];
  if (programs.length > 0) steps.push(...installSteps(programs, manager, probe));
  for (const finding of wanted) {
    if (finding.fix?.kind === 'run') steps.push(...finding.fix.commands.map((argv) => ({ why: finding.title, argv })));
  }
  return steps;
}

function installSteps(programs: readonly string[], manager: PackageManager | undefined, probe: Probe): FixStep[] {
  const why = `install ${programs.join(', ')}`;
  if (manager === undefined) return [{ why, argv: ['install', ...programs], manual: true }];
  const install: FixStep = { why, argv: installCommand(manager, programs), ...(manager !== 'apt' && { manual: true }) };
  if (manager !== 'apt') return [install];
  const needsLists = !probe.exists(APT_LISTS);
  return needsLists ? [{ why: 'fetch the list of packages', argv: ['apt-get', 'update', '-q'] }, install] : [install];
}

/** Runs one step with its output on our stderr. @returns false when it failed */
export async function runStep(step: FixStep): Promise<boolean> {
  const [program, ...args] = step.argv;
  if (program === undefined) throw new Error('a step without a program');
  const { execa } = await import('execa'); // only who mends pays for loading it
  const { failed } = await execa(program, args, { stdin: 'ignore', stdout: 2, stderr: 2, reject: false, env: { DEBIAN_FRONTEND: 'noninteractive' } });
  return !failed;
}
