/** `build`: images of services from their build sections. */
import { ExitCode, parseBytes, UserError } from '../../base/index.ts';
import { bakeFile, build, push, type BuildServicesOptions } from '../../controller/index.ts';
import type { Cli } from '../context.ts';
import { PROGRESS_MODES } from '../globals.ts';
import type { CommandInput } from '../input.ts';
import { requireProject } from '../project.ts';
import { withVerb } from '../verb.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const options = buildOptions(cli, input);
  for (const name of ['builder', 'provenance', 'sbom']) if (input.has(name)) void cli.stderr.write(`${cli.err.yellow('warning')} --${name} has no effect\n`);
  const project = await requireProject(cli, { services: input.args });
  if (input.flag('print') || cli.globals.dryRun) {
    await cli.stdout.write(`${JSON.stringify(await bakeFile(project, { ...options, push: input.flag('push') }), null, 2)}\n`);
    return ExitCode.ok;
  }
  await withVerb(withProgress(cli, input.value('progress')), { quiet: input.flag('quiet') }, async (context) => {
    const built = await build({ ...context, project }, options);
    if (built.length === 0) void cli.stderr.write('No services to build\n');
    if (input.flag('push')) await push({ ...context, project }, { services: built.map(({ service }) => service) });
    if (input.flag('quiet')) for (const { id } of built) if (id !== undefined) await cli.stdout.write(`${id}\n`);
  });
  return ExitCode.ok;
}

/** `build --progress` is what `--progress` before the command is today. */
function withProgress(cli: Cli, text: string | undefined): Cli {
  const progress = PROGRESS_MODES.find((mode) => mode === text);
  return progress === undefined ? cli : { ...cli, globals: { ...cli.globals, progress } };
}

function buildOptions(cli: Cli, input: CommandInput): BuildServicesOptions {
  const memoryText = input.value('memory');
  const memory = memoryText === undefined ? undefined : parseBytes(memoryText);
  if (memoryText !== undefined && memory === undefined) throw new UserError(`invalid size: "${memoryText}"`, { code: 'usage.value', hint: '512m, 2g' });
  const ssh = input.value('ssh');
  return {
    services: input.args,
    args: buildArguments(cli, input.list('build-arg')),
    ...(input.flag('no-cache') && { noCache: true }),
    ...(input.flag('pull') && { pull: true }),
    ...(input.flag('quiet') && { quiet: true }),
    ...(input.flag('check') && { check: true }),
    ...(input.flag('with-dependencies') && { withDependencies: true }),
    ...(memory !== undefined && { memory }),
    ...(ssh !== undefined && { ssh: sshAgents(ssh) }),
  };
}

/** `KEY` without a value takes ours. */
function buildArguments(cli: Cli, pairs: readonly string[]): Record<string, string | null> {
  return Object.fromEntries(
    pairs.map((pair): [string, string | null] => {
      const equals = pair.indexOf('=');
      return equals < 0 ? [pair, cli.env[pair] ?? null] : [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}

/** `default` or `id=path`, separated by commas. */
function sshAgents(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').map((entry) => {
      const equals = entry.indexOf('=');
      return equals < 0 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)];
    }),
  );
}
