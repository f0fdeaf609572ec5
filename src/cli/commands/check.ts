/** `check`: everything that is wrong with Compose files, or could be better. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { ExitCode, UserError } from '../../base/index.ts';
import { FORMATS, NO_SETTINGS, RULES, type CheckedProject, type Report, type Rule, type Settings, applyFixes, checkProject, findSettings, isClean, parseSettings } from '../../check/index.ts';
import type { LoadOptions } from '../../compose/index.ts';
import { Source } from '../../compose/inspect/index.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { loadOptions } from '../project.ts';
import { renderReport } from '../render/check-report.ts';
import { type Column, renderTable } from '../render/table.ts';
import { VERSION } from '../version.ts';

/** Exit codes of `check` alone; other commands have docker compose's. */
const CLEAN = 0;
const PROBLEMS = 1;

/** How often fixes may make room for further fixes. */
const FIX_ROUNDS = 5;

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  if (input.args[0] === 'rules' && kindOf(resolve(cli.cwd, 'rules')) === undefined) return listRules(cli, input);
  const job = readJob(cli, input);
  if (!input.flag('watch')) return once(cli, job);
  const { watchFiles } = await import('../watch-files.ts');
  return watchFiles(cli, async () => {
    const { report, settingsFiles } = await check(cli, job);
    await cli.stdout.write(`${cli.out.dim(`--- ${new Date().toLocaleTimeString('en-GB')}`)}\n${format(cli, job, report)}`);
    return [...report.projects.flatMap(({ files }) => files), ...settingsFiles, ...job.targets.map(({ path }) => path)];
  });
}

interface Target {
  /** As the user wrote it. */
  readonly name: string;
  /** Absolute: a file or a folder. */
  readonly path: string;
  readonly load: LoadOptions;
}

interface Job {
  readonly targets: readonly Target[];
  readonly format: 'pretty' | keyof typeof FORMATS;
  readonly strict: boolean;
  readonly fix: boolean;
  /** Given with --config. */
  readonly settings: string | undefined;
}

function readJob(cli: Cli, input: CommandInput): Job {
  const wanted = input.value('format') ?? (input.flag('json') ? 'json' : 'pretty');
  if (wanted !== 'pretty' && !Object.hasOwn(FORMATS, wanted)) throw usage(`unsupported format "${wanted}"`, `one of pretty, ${Object.keys(FORMATS).join(', ')}`);
  if (input.args.length > 0 && cli.globals.files.length > 0) throw usage('give files as arguments or with -f, not both', 'with -f the files are one project; as arguments each is one');
  if (input.flag('fix') && cli.globals.files.includes('-')) throw usage('--fix cannot change standard input');
  const base = loadOptions(cli, {});
  const targets = input.args.length === 0 ? [{ name: targetName(cli), path: cli.cwd, load: base }] : input.args.map((name) => targetOf(name, base, cli));
  const settings = input.value('config');
  const path = settings === undefined ? undefined : resolve(cli.cwd, settings);
  if (path !== undefined && kindOf(path) !== 'file') throw usage(`file ${settings} does not exist`);
  return { targets, format: wanted as Job['format'], strict: input.flag('strict'), fix: input.flag('fix'), settings: path };
}

function targetName(cli: Cli): string {
  return cli.globals.files.length > 0 ? cli.globals.files.join(', ') : '.';
}

function targetOf(name: string, base: LoadOptions, cli: Cli): Target {
  if (name === '-') return { name: '<stdin>', path: cli.cwd, load: { ...base, files: ['-'] } };
  const path = resolve(cli.cwd, name);
  const kind = kindOf(path);
  if (kind === undefined) throw usage(`file ${name} does not exist`);
  return { name, path, load: kind === 'directory' ? { ...base, projectDirectory: path } : { ...base, files: [path] } };
}

function usage(message: string, hint?: string): UserError {
  return new UserError(message, { code: 'usage.check', exitCode: ExitCode.checkUsage, ...(hint !== undefined && { hint }) });
}

async function once(cli: Cli, job: Job): Promise<number> {
  const { report } = await check(cli, job);
  await cli.stdout.write(format(cli, job, report));
  return isClean(report) ? CLEAN : PROBLEMS;
}

/** Checks every target; with --fix mends and checks again until nothing is left to mend. */
async function check(cli: Cli, job: Job): Promise<{ report: Report; settingsFiles: readonly string[] }> {
  let outcome = await checkTargets(job);
  for (let round = 0; job.fix && round < FIX_ROUNDS; round++) {
    const done = applyFixes(outcome.report.projects.flatMap(({ findings }) => findings));
    if (done.size === 0) break;
    for (const [path, count] of done) await cli.stderr.write(`${cli.err.green('fixed')} ${shown(path, cli)}: ${count} ${count === 1 ? 'change' : 'changes'}\n`);
    outcome = await checkTargets(job);
  }
  return outcome;
}

async function checkTargets(job: Job): Promise<{ report: Report; settingsFiles: readonly string[] }> {
  const known = new Map<string, { settings: Settings; file: string | undefined }>();
  const projects: CheckedProject[] = [];
  const complaints = new Map<string, Settings>();
  for (const { name, path, load } of job.targets) {
    const directory = load.projectDirectory ?? (load.files?.[0] && load.files[0] !== '-' ? dirname(resolve(load.workingDirectory, load.files[0])) : kindOf(path) === 'directory' ? path : dirname(path));
    const found = known.get(directory) ?? settingsFor(resolve(load.workingDirectory, directory), job);
    known.set(directory, found);
    if (found.file !== undefined) complaints.set(found.file, found.settings);
    projects.push(await checkProject({ name, load, settings: found.settings, kindOf }));
  }
  for (const [file, { findings }] of complaints) if (findings.length > 0) projects.push({ name: file, findings, files: [file], silenced: 0 });
  return { report: { projects, strict: job.strict }, settingsFiles: [...complaints.keys()] };
}

function settingsFor(directory: string, job: Job): { settings: Settings; file: string | undefined } {
  const source = job.settings === undefined ? findSettings(directory, readText) : new Source(job.settings, job.settings, readText(job.settings) ?? '');
  return source ? { settings: parseSettings(source), file: source.path } : { settings: NO_SETTINGS, file: undefined };
}

function format(cli: Cli, job: Job, report: Report): string {
  if (job.format !== 'pretty') return FORMATS[job.format](report, { workingDirectory: cli.cwd, version: VERSION });
  return renderReport(report, { style: cli.out, workingDirectory: cli.cwd, width: () => cli.stdout.width() });
}

async function listRules(cli: Cli, input: CommandInput): Promise<number> {
  if (input.flag('json') || input.value('format') === 'json') {
    const rules = RULES.map(({ id, level, summary, why, fixable = false }) => ({ id, level, fixable, summary, why }));
    await cli.stdout.write(`${JSON.stringify(rules, null, 2)}\n`);
    return CLEAN;
  }
  const columns: readonly Column<Rule>[] = [
    { title: 'RULE', value: (rule) => rule.id },
    { title: 'LEVEL', value: (rule) => rule.level },
    { title: '--FIX', value: (rule) => (rule.fixable ? 'yes' : '') },
    { title: 'FINDS', value: (rule) => rule.summary },
  ];
  await cli.stdout.write(renderTable(columns, RULES, { width: cli.stdout.width() }));
  return CLEAN;
}

function shown(path: string, cli: Cli): string {
  const short = relative(cli.cwd, path);
  return short.startsWith('..') ? path : short;
}

function kindOf(path: string): 'file' | 'directory' | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? 'directory' : statSync(path, { throwIfNoEntry: false }) && 'file';
  } catch {
    return undefined; // not to be looked at: as good as absent
  }
}

function readText(path: string): string | undefined {
  return kindOf(path) === 'file' ? readFileSync(path, 'utf8') : undefined;
}
