import { type Plain, type Printing, fileObject, model, network, record, service, sortedRecord, volume } from './codec/index.ts';
import type { Codec } from './codec/index.ts';
import { printJson, printYaml } from './plain-text.ts';
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
  const out: Record<string, Plain | undefined> = record();
  out['name'] = project.name;
  out['services'] = section(project.services, service, printing, printing.format === 'json') ?? {};
  out['networks'] = section(project.networks, network, printing);
  out['volumes'] = section(project.volumes, volume, printing);
  out['secrets'] = section(project.secrets, fileObject, printing);
  out['configs'] = section(project.configs, fileObject, printing);
  out['models'] = section(project.models, model, printing);
  const extensions = sorted(project.extensions as Plain) as Readonly<Record<string, Plain>>;
  for (const [key, value] of Object.entries(extensions)) out[key] = value;
  return printing.format === 'json' ? sorted(out as Plain, 1) : (out as Plain);
}

function section<T>(all: Readonly<Record<string, T>>, codec: Codec<T>, printing: Printing, isService = false): Plain | undefined {
  if (Object.keys(all).length === 0) return undefined;
  return sortedRecord(all, (value) => {
    const printed = codec.print(value, printing) ?? {};
    return isService ? withCommands(printed as Record<string, Plain>) : withoutNullCommands(printed as Record<string, Plain>);
  });
}

/** JSON always has `command` and `entrypoint`, where null differs from an empty list. */
function withCommands(printed: Record<string, Plain>): Plain {
  return { ...printed, command: printed['command'] ?? null, entrypoint: printed['entrypoint'] ?? null };
}

function withoutNullCommands(printed: Record<string, Plain>): Plain {
  const { command, entrypoint } = printed;
  if (command === null) delete printed['command'];
  if (entrypoint === null) delete printed['entrypoint'];
  return printed;
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
