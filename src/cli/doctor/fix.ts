/** `doctor --fix`: what is to be done, said before it is done. */
import type { Finding } from './finding.ts';
import { findPackageManager, installCommand, type PackageManager } from './packages.ts';
import type { Probe } from './probe.ts';

export interface FixStep {
  readonly why: string;
  readonly argv: readonly string[];
  /** Left to the user: we install by ourselves only where we know the package manager well. */
  readonly manual?: boolean;
  /** What to run before a second try when it failed. */
  readonly remedy?: readonly string[];
}

const APT_LISTS = '/var/lib/apt/lists';
const APT_UPDATE = ['apt-get', 'update', '-q'];

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
  const install: FixStep = { why, argv: installCommand(manager, programs) };
  if (manager !== 'apt') return [{ ...install, manual: true }];
  // Images of Debian come without lists, and old ones name files that the mirrors have no more.
  const hasLists = probe.list(APT_LISTS).some((name) => /_Packages(\.|$)/.test(name));
  return hasLists ? [{ ...install, remedy: APT_UPDATE }] : [{ why: 'fetch the list of packages', argv: APT_UPDATE }, install];
}

/**
 * Runs one step, with the programs' output on our stderr. One that fails is tried again after its remedy.
 * @param say  called with each command before it runs
 * @returns false when it failed
 */
export async function runStep(step: FixStep, say: (argv: readonly string[]) => void, execute: typeof runCommand = runCommand): Promise<boolean> {
  const attempt = (argv: readonly string[]): Promise<boolean> => {
    say(argv);
    return execute(argv);
  };
  if (await attempt(step.argv)) return true;
  return step.remedy !== undefined && (await attempt(step.remedy)) && attempt(step.argv);
}

async function runCommand(argv: readonly string[]): Promise<boolean> {
  const [program, ...args] = argv;
  if (program === undefined) throw new Error('a step without a program');
  const { execa } = await import('execa'); // only who mends pays for loading it
  const { failed } = await execa(program, args, { stdin: 'ignore', stdout: 2, stderr: 2, reject: false, env: { DEBIAN_FRONTEND: 'noninteractive' } });
  return !failed;
}
