/** Variables of a container that env files set as well. */
import { type Inspection, type PathKey, type Source, rangeOf, readVariables, stringOf } from '../../compose/inspect/index.ts';
import type { Origin } from './explain.ts';

/**
 * Adds what `env_file` says about a variable: `environment` wins over it, a later file over an earlier one.
 * @param keys  `services NAME environment KEY`
 * @param own  what `environment` says, strongest first
 */
export function environmentOrigins(inspection: Inspection, keys: readonly PathKey[], own: readonly Origin[]): Origin[] {
  const name = String(keys[3]);
  const lines = envFilesOf(inspection, String(keys[1])).flatMap(({ source, format }) => {
    const variable = readVariables(source, format, (other) => inspection.variables.get(other)?.value).get(name);
    return variable?.place ? [variable.place] : [];
  });
  const beaten = own.length > 0;
  const fromFiles = lines.reverse().map((place, index): Origin => {
    const wins = !beaten && index === 0;
    return {
      kind: 'env_file',
      range: rangeOf(place),
      text: place.source.text.slice(place.start, place.end),
      wins,
      why: wins ? (lines.length > 1 ? 'the last env_file wins' : 'set by env_file') : beaten ? '"environment" wins over env_file' : 'a later env_file wins',
      variables: [],
    };
  });
  return [...own, ...fromFiles];
}

/** In the order in which they are read. */
function envFilesOf(inspection: Inspection, service: string): { source: Source; format: string | undefined }[] {
  const services = inspection.root?.get('services');
  const node = services?.kind === 'map' ? services.get(service) : undefined;
  const files = node?.kind === 'map' ? node.get('env_file') : undefined;
  if (files?.kind !== 'seq') return [];
  const known = [...inspection.serviceFiles, ...inspection.envFiles];
  return files.items.flatMap((item) => {
    const path = item.kind === 'map' ? stringOf(item.get('path')) : stringOf(item);
    const format = item.kind === 'map' ? stringOf(item.get('format')) : undefined;
    const source = known.find((one) => one.path === path);
    return source ? [{ source, format }] : [];
  });
}
