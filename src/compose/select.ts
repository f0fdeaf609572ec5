import { record } from './codec/index.ts';
import type { Project, Service } from './project.ts';

export interface Selection {
  /** `false`: the named services only. Default: what they depend on as well. */
  readonly dependencies?: boolean;
}

/**
 * The project with the named services (and what they depend on) only; others count as disabled, and dependencies on them go.
 * No names select every service.
 * @returns undefined, and in `unknown` the names, when a name or a required dependency is no enabled service
 */
export function selectServices(
  project: Project,
  names: readonly string[],
  selection: Selection = {},
): { readonly project: Project; readonly unknown: readonly string[] } {
  if (names.length === 0) return { project, unknown: [] };
  const { selected, unknown } = reach(project, names, selection.dependencies ?? true);
  const services = record<Service>();
  const disabledServices = record<Service>();
  Object.assign(disabledServices, project.disabledServices);
  for (const [name, service] of Object.entries(project.services)) {
    if (selected.has(name)) services[name] = withDependenciesIn(service, selected);
    else disabledServices[name] = service;
  }
  return { project: { ...project, services, disabledServices }, unknown };
}

function reach(project: Project, names: readonly string[], follow: boolean): { selected: ReadonlySet<string>; unknown: readonly string[] } {
  const selected = new Set<string>();
  const unknown: string[] = [];
  const waiting = names.map((name) => ({ name, required: true }));
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if (selected.has(next.name)) continue;
    const service = project.services[next.name];
    if (!service) {
      if (next.required) unknown.push(next.name);
      continue;
    }
    selected.add(next.name);
    if (follow) for (const [name, { required }] of Object.entries(service.depends_on ?? {})) waiting.push({ name, required });
  }
  return { selected, unknown };
}

function withDependenciesIn(service: Service, selected: ReadonlySet<string>): Service {
  const kept = Object.entries(service.depends_on ?? {}).filter(([name]) => selected.has(name));
  if (kept.length === Object.keys(service.depends_on ?? {}).length) return service;
  const { depends_on: _all, ...rest } = service;
  return kept.length === 0 ? rest : { ...rest, depends_on: Object.assign(record(), Object.fromEntries(kept)) };
}
