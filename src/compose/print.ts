import { type Plain, type Printing, fileObject, model, network, service, sortedRecord, volume } from './codec/index.ts';
import type { Codec } from './codec/index.ts';
import { printJson } from './plain-json.ts';
import { printYaml } from './plain-yaml.ts';
import type { Project } from './project.ts';

/**
 * Prints the canonical form of a project as `docker compose config --format yaml|json` does: `$` doubled, so that the output is a
 * Compose file again, keys in the same order. YAML ends in a line break, JSON does not.
 */
export function printProject(project: Project, options: { readonly format: 'yaml' | 'json' }): string {
  return printPlain(projectToPlain(project, options), options.format).replaceAll('$', '$$$$');
}

/** Prints the plain model of a load without interpolation; `$` stays as it is. */
export function printModel(model: Plain, options: { readonly format: 'yaml' | 'json' }): string {
  return printPlain(sorted(model), options.format);
}

/** A project as plain data, as it will be printed. */
export function projectToPlain(project: Project, printing: Printing): Plain {
  const out: Record<string, Plain | undefined> = {};
  out['name'] = project.name;
  out['services'] = section(project.services, service, printing) ?? {};
  out['networks'] = section(project.networks, network, printing);
  out['volumes'] = section(project.volumes, volume, printing);
  out['secrets'] = section(project.secrets, fileObject, printing);
  out['configs'] = section(project.configs, fileObject, printing);
  out['models'] = section(project.models, model, printing);
  const extensions = sorted(project.extensions as Plain) as Readonly<Record<string, Plain>>;
  for (const [key, value] of Object.entries(extensions)) out[key] = value;
  return printing.format === 'json' ? sorted(out as Plain, 1) : (out as Plain);
}

function section<T>(all: Readonly<Record<string, T>>, codec: Codec<T>, printing: Printing): Plain | undefined {
  return Object.keys(all).length === 0 ? undefined : sortedRecord(all, (value) => codec.print(value, printing) ?? {});
}

/** Plain data with the keys of every mapping in order, to a depth. */
function sorted(value: Plain, depth = Number.POSITIVE_INFINITY): Plain {
  if (depth === 0 || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Plain) => sorted(item, depth - 1));
  return sortedRecord(value as Readonly<Record<string, Plain>>, (item) => (item === undefined ? undefined : sorted(item, depth - 1)));
}

function printPlain(value: Plain, format: 'yaml' | 'json'): string {
  return format === 'json' ? printJson(value) : printYaml(value);
}
