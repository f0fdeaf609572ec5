/** `env_file` into `environment`, and `label_file` into `labels`: files that belong to a service rather than to the model. */
import { posix } from 'node:path';
import { record } from './codec/index.ts';
import { withoutUnused } from './assemble.ts';
import { parseEnvSource } from './env-files.ts';
import type { EnvFile, Environment, Project, Service } from './project.ts';
import type { LoadOptions } from './options.ts';
import type { Session } from './session.ts';
import { TreeSourceMap } from './source-map.ts';
import type { Place } from './source.ts';
import type { Variable } from './variables.ts';

/** The project with the files of its enabled services read. */
export function resolveServiceFiles(project: Project, options: Pick<LoadOptions, 'resolveEnv' | 'allResources'>, session: Session): Project {
  const services = record<Service>();
  for (const name in project.services) {
    const service = project.services[name] as Service; // name is a key of it
    const withEnvironment = (options.resolveEnv ?? true) ? resolveEnvironment(service, project, session) : service;
    services[name] = withEnvironment.label_file ? resolveLabels(withEnvironment, session, project) : withEnvironment;
  }
  const resolved = { ...project, services };
  return options.allResources ? resolved : withoutUnused(resolved);
}

function resolveEnvironment(service: Service, project: Project, session: Session): Service {
  if (!service.env_file && !hasUnset(service.environment)) return service;
  const own = service.environment ?? {};
  const environment = record<string | null>();
  for (const [index, file] of (service.env_file ?? []).entries()) {
    const place = { path: `services.${service.name}.env_file[${index}]`, project };
    for (const [key, { value }] of readEnvFile(file, environment, place, session)) environment[key] = value;
  }
  for (const [key, value] of Object.entries(own)) environment[key] = value ?? project.environment[key] ?? null;
  const { env_file: _read, environment: _old, ...rest } = service;
  return Object.keys(environment).length === 0 && service.environment === undefined ? rest : { ...rest, environment };
}

function hasUnset(environment: Environment | undefined): boolean {
  for (const key in environment) if (environment[key] === null) return true;
  return false;
}

function readEnvFile(file: EnvFile, before: Environment, at: { path: string; project: Project }, session: Session): ReadonlyMap<string, Variable> {
  const nothing = new Map<string, Variable>();
  const path = posix.resolve(at.project.directory, file.path); // relative when paths are not resolved
  if (!file.required && session.reader.kindOf(path) === undefined) return nothing;
  const source = session.read(path, 'env file', placeOf(at), at.path);
  if (!source) return nothing;
  if (file.format !== undefined && file.format !== '' && file.format !== 'raw') {
    session.problems.error('env.format', `${at.path}: "${file.format}" is not a format of env files`, { place: placeOf(at), path: at.path, hint: 'the only format is raw; leave it out for the usual one' });
    return nothing;
  }
  const lookup = (name: string) => before[name] ?? at.project.environment[name];
  return parseEnvSource(source, file.format, lookup, session, at.path) ?? nothing;
}

function resolveLabels(service: Service, session: Session, project: Project): Service {
  const labels = record<string>();
  for (const [index, path] of (service.label_file ?? []).entries()) {
    const at = { path: `services.${service.name}.label_file[${index}]`, project };
    const source = session.read(posix.resolve(project.directory, path), 'label file', placeOf(at), at.path);
    const read = source && parseEnvSource(source, undefined, (name) => labels[name], session, at.path);
    for (const [key, { value }] of read ?? []) labels[key] = value;
  }
  Object.assign(labels, service.labels);
  const { label_file: _read, ...rest } = service;
  return { ...rest, labels };
}

function placeOf(at: { path: string; project: Project }): Place | undefined {
  return at.project.sources instanceof TreeSourceMap ? at.project.sources.placeOf(at.path) : undefined;
}
