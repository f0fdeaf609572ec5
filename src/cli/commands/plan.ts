/** `plan`: what `up` would do and why. Exit code 0: nothing, 2: changes. */
import { ExitCode } from '../../base/index.ts';
import type { Project } from '../../compose/index.ts';
import { formatPlan, isEmpty, planOfUp, planToJson, type Plan, type UpVerbOptions } from '../../controller/index.ts';
import type { Cli } from '../context.ts';
import { diagnosticOptions } from '../diagnostic-options.ts';
import type { CommandInput } from '../input.ts';
import { requireProject } from '../project.ts';
import { renderDiagnostic } from '../render/diagnostics.ts';
import { withVerb } from '../verb.ts';
import { upOptions } from './up-options.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const options = upOptions(cli, input);
  const project = await requireProject(cli, { services: input.args });
  return showUpPlan(cli, project, options, { json: input.flag('json'), exitCode: true });
}

/** @param how.exitCode  true: 2 when something would change */
export async function showUpPlan(cli: Cli, project: Project, options: UpVerbOptions, how: { json: boolean; exitCode: boolean }): Promise<number> {
  const plan = await withVerb(cli, { abortable: false }, (context) => planOfUp({ ...context, project }, options));
  if (how.json) await cli.stdout.write(`${JSON.stringify(planToJson(plan), null, 2)}\n`);
  else await showPlan(cli, plan);
  return how.exitCode && !isEmpty(plan) ? ExitCode.changesPlanned : ExitCode.ok;
}

/** The plan as a table, its warnings on stderr, and one line that sums it up. */
export async function showPlan(cli: Cli, plan: Plan): Promise<void> {
  for (const warning of plan.warnings) await cli.stderr.write(renderDiagnostic({ ...warning, severity: 'warning' }, diagnosticOptions(cli)));
  const { dim, bold } = cli.out;
  const table = formatPlan(plan).replace(/^(#\S+ \[\S*\])( +)/gm, (_, number: string, gap: string) => `${dim(number)}${gap}`);
  const kept = plan.unchanged.length === 0 ? '' : `, ${count(plan.unchanged.length, 'container')} unchanged`;
  const summary = isEmpty(plan) ? `nothing to do${kept}` : `${count(plan.steps.length, 'step')}${kept}`;
  await cli.stdout.write(`${table}${bold(`${plan.project}: ${summary}`)}\n`);
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
