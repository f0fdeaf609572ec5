/** `config`: the resolved project, or one aspect of it. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ExitCode, UserError } from '../../base/index.ts';
import { printModel, printProject, withoutUnused, type Project, type Service } from '../../compose/index.ts';
import { configHash, imageOf } from '../../controller/index.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { load, loadError } from '../project.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const format = input.value('format') ?? 'yaml';
  if (format !== 'yaml' && format !== 'json') throw new UserError(`unsupported format "${format}"`, { code: 'usage.value', hint: 'yaml or json' });
  const { project: loaded, model, diagnostics } = await load(cli, {
    services: input.args,
    ...(input.flag('no-interpolate') && { interpolate: false }),
    ...(input.flag('no-normalize') && { normalize: false }),
    ...(input.flag('no-path-resolution') && { resolvePaths: false }),
    ...(input.flag('no-env-resolution') && { resolveEnv: false }),
    ...(input.flag('no-consistency') && { consistency: false }),
  });
  if (input.flag('quiet')) return ExitCode.ok;
  const text = loaded ? await textOf(cli, input, loaded, format) : model === undefined ? undefined : ended(printModel(model, { format }));
  if (text === undefined) throw loadError(diagnostics);
  const target = input.value('output');
  if (target === undefined) await cli.stdout.write(text);
  else writeFileSync(resolve(cli.cwd, target), text);
  return ExitCode.ok;
}

async function textOf(cli: Cli, input: CommandInput, loaded: Project, format: 'yaml' | 'json'): Promise<string> {
  const chosen = selected(loaded, input.args);
  const project = cli.globals.allResources ? chosen : withoutUnused(chosen);
  return listed(input, project, loaded) ?? whole(cli, input, project, format);
}

async function whole(cli: Cli, input: CommandInput, project: Project, format: 'yaml' | 'json'): Promise<string> {
  if (input.flag('lock-image-digests') || input.flag('resolve-image-digests')) {
    const { lockFile, withDigests } = await import('./image-digests.ts');
    if (input.flag('lock-image-digests')) return lockFile(cli, project, format);
    return ended(printProject(await withDigests(cli, project), { format }));
  }
  return ended(printProject(project, { format }));
}

function ended(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

/** The named services and what they need; the whole project without names. @throws UserError `service.unknown` */
function selected(project: Project, names: readonly string[]): Project {
  if (names.length === 0) return project;
  const kept = new Set<string>();
  const add = (name: string): void => {
    const service = project.services[name];
    if (!service) throw new UserError(`no such service: ${name}`, { code: 'service.unknown', hint: `services: ${Object.keys(project.services).join(', ')}` });
    if (kept.has(name)) return;
    kept.add(name);
    for (const dependency of Object.keys(service.depends_on ?? {})) if (project.services[dependency]) add(dependency);
  };
  names.forEach(add);
  const services = Object.fromEntries(Object.entries(project.services).filter(([name]) => kept.has(name)));
  return { ...project, services };
}

/** The lists that take the place of the whole, or undefined when none was asked for. */
function listed(input: CommandInput, project: Project, loaded: Project): string | undefined {
  const lines = (values: readonly string[]): string => values.map((value) => `${value}\n`).join('');
  const services = Object.values(project.services).sort((a, b) => (a.name < b.name ? -1 : 1));
  if (input.flag('services')) return lines(services.map((service) => service.name));
  if (input.flag('volumes')) return lines(Object.keys(project.volumes).sort());
  if (input.flag('networks')) return lines(Object.keys(project.networks).sort());
  if (input.flag('models')) return lines(Object.values(project.models).map((model) => model.model));
  if (input.flag('images')) return lines(services.map((service) => imageOf(project.name, service)));
  if (input.flag('profiles')) return lines(profilesOf(loaded));
  if (input.has('hash')) return hashes(project, input.value('hash') ?? '*');
  if (input.flag('environment')) {
    return lines(Object.entries(project.environment).map(([name, value]) => `${name}=${value}`).sort());
  }
  return undefined;
}

function profilesOf(project: Project): string[] {
  const all = Object.values({ ...project.disabledServices, ...project.services }).flatMap((service) => service.profiles ?? []);
  return [...new Set(all)].sort();
}

function hashes(project: Project, wanted: string): string {
  const names = wanted === '*' ? Object.keys(project.services).sort() : wanted.split(',');
  return names.map((name) => `${name} ${configHash(serviceOf(project, name))}\n`).join('');
}

function serviceOf(project: Project, name: string): Service {
  const service = project.services[name] ?? project.disabledServices[name];
  if (!service) throw new UserError(`no such service: ${name}`, { code: 'service.unknown' });
  return service;
}
