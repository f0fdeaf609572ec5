/** `doctor`: what this machine lacks for containers, why that matters, and how to mend it. */
import { ExitCode } from '../../base/index.ts';
import { defaultDataRoot, defaultRunRoot } from '../../engine-api/index.ts';
import type { Cli } from '../context.ts';
import { diagnose, isHealthy } from '../doctor/diagnose.ts';
import type { Finding, FindingStatus } from '../doctor/finding.ts';
import { planFixes, runStep, type FixStep } from '../doctor/fix.ts';
import { createProbe, type Probe } from '../doctor/probe.ts';
import type { CommandInput } from '../input.ts';
import type { Style } from '../render/style.ts';
import { pad, sanitize } from '../render/text.ts';

/** @returns 0 when containers can run here, else 1 */
export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const probe = createProbe({ environment: cli.env, dataRoot: defaultDataRoot(cli.env), runRoot: defaultRunRoot(cli.env) });
  const wanted = input.list('with');
  const json = input.flag('json');
  let findings = await diagnose(probe, wanted);
  if (!json) await cli.stdout.write(renderFindings(findings, cli.out));
  if (input.flag('fix')) {
    const changed = await mend(cli, findings, probe);
    if (changed) {
      findings = await diagnose(probe, wanted);
      if (!json) await cli.stdout.write(`\nAfter mending:\n${renderFindings(findings, cli.out)}`);
    }
  }
  if (json) await cli.stdout.write(`${JSON.stringify({ ok: isHealthy(findings), findings }, null, 2)}\n`);
  else await cli.stdout.write(`\n${conclusion(findings, input.flag('fix'), cli.out)}\n`);
  return isHealthy(findings) ? ExitCode.ok : ExitCode.failure;
}

const MARKS: Readonly<Record<FindingStatus, readonly [mark: string, paint: (style: Style) => (text: string) => string]>> = {
  ok: ['✔', (style) => style.green],
  problem: ['✘', (style) => style.red],
  advice: ['!', (style) => style.yellow],
  note: ['·', (style) => style.dim],
};

/** One line for each thing; what is not ok says why it matters and how to mend it. */
function renderFindings(findings: readonly Finding[], style: Style): string {
  const width = Math.max(...findings.map((finding) => finding.title.length));
  return findings
    .map((finding) => {
      const [mark, paint] = MARKS[finding.status];
      let text = `${paint(style)(mark)} ${pad(finding.title, width)}  ${style.dim(sanitize(finding.detail ?? ''))}`.trimEnd();
      if (finding.reason !== undefined) text += `\n    ${finding.reason}`;
      if (finding.mend !== undefined) text += `\n    ${style.cyan('mend:')} ${finding.mend}`;
      return `${text}\n`;
    })
    .join('');
}

function conclusion(findings: readonly Finding[], fixed: boolean, style: Style): string {
  const problems = findings.filter((finding) => finding.status === 'problem');
  if (problems.length === 0) return style.green('Containers can run here.');
  const list = problems.map((finding) => finding.title).join(', ');
  const hint = fixed || !problems.some((finding) => finding.fix) ? '' : ' tscompose doctor --fix mends what it can.';
  return `${style.red(`Containers cannot run here yet: ${list}.`)}${hint}`;
}

/** @returns whether anything was run */
async function mend(cli: Cli, findings: readonly Finding[], probe: Probe): Promise<boolean> {
  const steps = planFixes(findings, probe);
  const own = steps.filter((step) => !step.manual);
  const say = (text: string): void => void cli.stderr.write(text);
  const shown = (list: readonly FixStep[]): string => list.map((step) => `  ${step.argv.join(' ')}   (${step.why})\n`).join('');
  if (steps.length === 0) {
    say('\nThere is nothing that --fix could mend.\n');
    return false;
  }
  if (steps.length > own.length) say(`\nPlease run:\n${shown(steps.filter((step) => step.manual))}`);
  if (own.length === 0) return false;
  if (probe.uid !== 0) {
    say(`\nMending needs root. These commands would be run:\n${shown(own)}`);
    return false;
  }
  say(`\nThis will be run:\n${shown(own)}`);
  if (cli.globals.dryRun) return false;
  for (const step of own) {
    if (!(await runStep(step, (argv) => say(`\n+ ${argv.join(' ')}\n`)))) say(`${cli.err.yellow('warning')} it failed\n`);
  }
  return true;
}
