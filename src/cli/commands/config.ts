/** `config`: the resolved project, or one aspect of it. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ExitCode, UserError } from '../../base/index.ts';
import { printModel, printProject, selectServices, type Plain, type Project, type Service } from '../../compose/index.ts';
import { imageOf, printedConfigHash } from '../../controller/index.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { load, loadError } from '../project.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const format = input.value('format') ?? 'yaml';
  if (format !== 'yaml' && format !== 'json') throw new UserError(`unsupported format "${format}"`, { code: 'usage.value', hint: 'yaml or json' });
  if (hashed(input) !== '' && input.flag('no-interpolate')) throw new UserError('--hash and --no-interpolate exclude each other', { code: 'usage.exclusive', hint: 'a hash is made of the values that variables have' });
  if (input.flag('variables')) return variables(cli, input, format);
  const services = ofWholeProject(input) ? [] : input.args;
  const { project: loaded, model, diagnostics } = await load(cli, {
    services,
    ...(input.flag('no-interpolate') && !input.flag('environment') && { interpolate: false }),
    ...(input.flag('no-normalize') && { normalize: false }),
    ...(input.flag('no-path-resolution') && { resolvePaths: false }),
    ...((input.flag('no-env-resolution') || isList(input)) && { resolveEnv: false }),
    ...(input.flag('no-consistency') && { consistency: false }),
  });
  if (input.flag('quiet') && !isList(input)) {
    if (loaded) selected(loaded, services); // a service that does not exist is wrong all the same
    return ExitCode.ok;
  }
  const text = loaded ? await textOf(cli, input, loaded, { services, format }) : model === undefined ? undefined : textOfModel(input, model, format);
  if (text === undefined) throw loadError(diagnostics);
  return written(cli, input, text);
}

async function written(cli: Cli, input: CommandInput, text: string): Promise<number> {
  const target = input.value('output');
  if (target === undefined) await cli.stdout.write(text);
  else writeFileSync(resolve(cli.cwd, target), text);
  return ExitCode.ok;
}

async function variables(cli: Cli, input: CommandInput, format: string): Promise<number> {
  const { model, diagnostics } = await load(cli, { interpolate: false, consistency: false });
  if (model === undefined) throw loadError(diagnostics);
  const { renderVariables, variablesOf } = await import('./config-variables.ts');
  return written(cli, input, renderVariables(variablesOf(model), format));
}

/** Lists that do not look at the services that were named, as in docker compose. */
function ofWholeProject(input: CommandInput): boolean {
  return ['services', 'volumes', 'networks', 'models', 'profiles'].some((name) => input.flag(name)) || hashed(input) !== '';
}

/** Lists in which nothing of an env file is seen; docker compose does not miss one that is not there. */
function isList(input: CommandInput): boolean {
  return ofWholeProject(input) || input.flag('images');
}

function hashed(input: CommandInput): string {
  return input.value('hash') ?? '';
}

async function textOf(cli: Cli, input: CommandInput, loaded: Project, chosen: { services: readonly string[]; format: 'yaml' | 'json' }): Promise<string> {
  const project = selected(loaded, chosen.services);
  return listed(input, project, loaded) ?? whole(cli, input, project, chosen.format);
}

/** What there is without interpolation. Only names can be listed of it, of every service, since profiles may hang on a variable. */
function textOfModel(input: CommandInput, model: Plain, format: 'yaml' | 'json'): string {
  const written = model as unknown as WrittenModel;
  const lines = (values: readonly string[]): string => values.map((value) => `${value}\n`).join('');
  const section = (['services', 'volumes', 'networks'] as const).find((name) => input.flag(name));
  if (section !== undefined) return lines(Object.keys(written[section] ?? {}).sort());
  if (input.flag('models')) return lines(Object.values(written.models ?? {}).flatMap((one) => one?.model ?? []));
  if (input.flag('profiles')) return lines(profilesOf({ services: written.services ?? {} }));
  if (input.flag('images')) return lines(imagesOfModel(written));
  return ended(printModel(model, { format }));
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

interface WrittenModel {
  readonly name?: string;
  readonly services?: Readonly<Record<string, { readonly image?: string; readonly profiles?: readonly string[] } | null>>;
  readonly models?: Readonly<Record<string, { readonly model?: string } | null>>;
  readonly volumes?: object;
  readonly networks?: object;
}

function imagesOfModel({ name = '', services = {} }: WrittenModel): string[] {
  return Object.entries(services).map(([service, one]) => one?.image ?? `${name}-${service}`).sort();
}

/** The named services and what they need; the whole project without names. @throws UserError `service.unknown` */
function selected(project: Project, names: readonly string[]): Project {
  const { project: chosen, unknown } = selectServices(project, names);
  const [first] = unknown;
  if (first === undefined) return chosen;
  throw new UserError(`no such service: ${first}`, { code: 'service.unknown', hint: `services: ${Object.keys(project.services).join(', ')}` });
}

/** The lists that take the place of the whole, or undefined when none was asked for. */
function listed(input: CommandInput, project: Project, loaded: Project): string | undefined {
  const lines = (values: readonly string[]): string => values.map((value) => `${value}\n`).join('');
  const services = Object.values(project.services).sort((a, b) => (a.name < b.name ? -1 : 1));
  if (input.flag('services')) return lines(services.map((service) => service.name));
  if (input.flag('volumes')) return lines(Object.keys(project.volumes).sort());
  if (input.flag('networks')) return lines(Object.keys(project.networks).sort());
  if (input.flag('models')) return lines(Object.values(project.models).map((model) => model.model));
  if (hashed(input) !== '') return hashes(project, hashed(input));
  if (input.flag('profiles')) return lines(profilesOf(loaded));
  if (input.flag('images')) return lines(services.map((service) => imageOf(project.name, service)));
  if (input.flag('environment')) {
    return lines(Object.entries(project.environment).map(([name, value]) => `${name}=${value}`).sort());
  }
  return undefined;
}

function profilesOf(project: Pick<WrittenModel, 'services'> & { readonly disabledServices?: Project['services'] }): string[] {
  const all = Object.values({ ...project.disabledServices, ...project.services }).flatMap((service) => service?.profiles ?? []);
  return [...new Set(all)].sort();
}

function hashes(project: Project, wanted: string): string {
  const names = (wanted === '*' ? Object.keys(project.services) : wanted.split(',')).sort();
  return names.map((name) => `${name} ${printedConfigHash(serviceOf(project, name))}\n`).join('');
}

function serviceOf(project: Project, name: string): Service {
  const service = project.services[name];
  if (!service) throw new UserError(`no such service: ${name}`, { code: 'service.unknown' });
  return service;
}
