/** Values of a service that files of its own set as well: `env_file` for variables, `label_file` for labels. */
import { type Inspection, type PathKey, type Source, rangeOf, readVariables, stringOf } from '../../compose/inspect/index.ts';
import type { Origin } from './explain.ts';

/** Attribute that names the files, by the section that they fill. */
const FILES = { environment: 'env_file', labels: 'label_file' } as const;

/**
 * Adds what `env_file` says about a variable, or `label_file` about a label: the section itself wins over it, a later file over an earlier
 * one. Nothing for other paths. @param keys  `services NAME SECTION KEY`  @param own  what the section says, strongest first
 */
export function withServiceFiles(inspection: Inspection, keys: readonly PathKey[], own: readonly Origin[]): readonly Origin[] {
  const section = keys[2];
  if (keys[0] !== 'services' || keys.length !== 4 || (section !== 'environment' && section !== 'labels')) return own;
  const kind = FILES[section];
  const name = String(keys[3]);
  const lines = filesOf(inspection, String(keys[1]), kind).flatMap(({ source, format }) => {
    const variable = readVariables(source, format, (other) => inspection.variables.get(other)?.value).get(name);
    return variable?.place ? [variable.place] : [];
  });
  const beaten = own.length > 0;
  const fromFiles = lines.reverse().map((place, index): Origin => {
    const wins = !beaten && index === 0;
    return {
      kind,
      range: rangeOf(place),
      text: place.source.text.slice(place.start, place.end),
      wins,
      why: wins ? (lines.length > 1 ? `the last ${kind} wins` : `set by ${kind}`) : beaten ? `"${section}" wins over ${kind}` : `a later ${kind} wins`,
      variables: [],
    };
  });
  return [...own, ...fromFiles];
}

/** In the order in which they are read. */
function filesOf(inspection: Inspection, service: string, attribute: 'env_file' | 'label_file'): { source: Source; format: string | undefined }[] {
  const services = inspection.root?.get('services');
  const node = services?.kind === 'map' ? services.get(service) : undefined;
  const files = node?.kind === 'map' ? node.get(attribute) : undefined;
  if (files?.kind !== 'seq') return [];
  const known = [...inspection.serviceFiles, ...inspection.envFiles];
  return files.items.flatMap((item) => {
    const path = item.kind === 'map' ? stringOf(item.get('path')) : stringOf(item);
    const format = item.kind === 'map' ? stringOf(item.get('format')) : undefined;
    const source = known.find((one) => one.path === path);
    return source ? [{ source, format }] : [];
  });
}
