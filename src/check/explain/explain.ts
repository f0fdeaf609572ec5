/** Where a value of the final model comes from: every source of it, which one won, and why. */
import { UserError } from '../../base/index.ts';
import type { SourceRange } from '../../base/index.ts';
import type { Plain, Project } from '../../compose/index.ts';
import { type Inspection, type Node, type PathKey, joinPath, projectToPlain, rangeOf, suggest } from '../../compose/inspect/index.ts';
import { withServiceFiles } from './environment.ts';
import { type Found, follow, keysOf } from './model-path.ts';
import { type VariableUse, variablesIn } from './variables.ts';
import { type Written, writtenAt } from './written.ts';

export type OriginKind = 'file' | 'extends' | 'include' | 'env_file' | 'label_file' | 'variable' | 'option' | 'implied';

/** One source of a value. */
export interface Origin {
  readonly kind: OriginKind;
  readonly range?: SourceRange;
  /** As written. */
  readonly text: string;
  /** It is the value, or part of it where sources are merged. */
  readonly wins: boolean;
  readonly why: string;
  /** For `extends`: where the service is extended. */
  readonly from?: SourceRange;
  readonly variables: readonly VariableUse[];
}

export interface Explanation {
  readonly path: string;
  readonly value: Plain;
  /** Strongest first. */
  readonly origins: readonly Origin[];
}

/**
 * @param shell  the environment of the command, as the loader got it
 * @throws UserError `explain.path` when the model has nothing there
 */
export function explain(inspection: Inspection, project: Project, text: string, shell: Readonly<Record<string, string>>): Explanation {
  const services = { ...project.services, ...project.disabledServices };
  const found = follow(projectToPlain({ ...project, services }, { format: 'yaml' }), keysOf(text, Object.keys(services)));
  if (found.value === undefined) throw nothingAt(text, found);
  const { keys } = found;
  const final = nodeAt(inspection.root, keys);
  const written = writtenAt(inspection, keys);
  const judged = judge(written, final, inspection, shell);
  const own = keys.some((key) => typeof key === 'number') ? judged.filter((origin) => origin.wins) : judged; // the other lists gave other items
  const origins = withServiceFiles(inspection, keys, own);
  return { path: joinPath(keys), value: found.value, origins: keys[0] === 'name' ? nameOrigins(inspection, project, origins) : origins.length > 0 ? origins : [implied(project, keys)] };
}

/** The name may come from outside of the files. */
function nameOrigins(inspection: Inspection, project: Project, written: readonly Origin[]): readonly Origin[] {
  const variable = inspection.variables.get('COMPOSE_PROJECT_NAME');
  const fromFile = written.find((origin) => origin.wins);
  const none = { text: '', wins: true, variables: [] } as const;
  const lost = written.map((origin): Origin => ({ ...origin, wins: false, why: origin.wins ? 'the command line and COMPOSE_PROJECT_NAME win over "name:"' : origin.why }));
  if (variable?.value === project.name) {
    const range = variable.place && rangeOf(variable.place);
    return [{ ...none, kind: 'variable', ...(range && { range }), text: `COMPOSE_PROJECT_NAME=${variable.value}`, why: range ? 'set by the env file' : 'set in the environment of the command' }, ...lost];
  }
  if (inspection.projectName === project.name) return [{ ...none, kind: 'option', text: `--project-name ${project.name}`, why: 'the command line wins' }, ...lost];
  return fromFile ? written : [{ ...none, kind: 'implied', why: `the name of the folder ${project.directory}` }];
}

function nothingAt(text: string, found: Extract<Found, { value: undefined }>): UserError {
  const where = found.keys.length === 0 ? 'the project' : joinPath(found.keys);
  const similar = suggest(found.missing, found.known);
  const known = found.known.length > 0 ? `there: ${found.known.slice(0, 12).join(', ')}${found.known.length > 12 ? ', ...' : ''}` : 'it has no parts';
  return new UserError(`${text}: ${where} has no "${found.missing}"`, { code: 'explain.path', hint: similar === undefined ? known : `did you mean "${similar}"?` });
}

function nodeAt(root: Node | undefined, keys: readonly PathKey[]): Node | undefined {
  let node = root;
  for (const key of keys) node = node?.kind === 'map' ? node.get(String(key)) : node?.kind === 'seq' ? node.items[Number(key)] : undefined;
  return node;
}

/** Which of the places does the final tree have something of? Strongest first. */
function judge(written: readonly Written[], final: Node | undefined, inspection: Inspection, shell: Readonly<Record<string, string>>): Origin[] {
  const alive = written.map(({ node, place }) => final !== undefined && (comesFrom(final, node) || (final.kind === 'scalar' && final.source.path === place.source.path && final.start === place.start)));
  if (!alive.includes(true) && written.length > 0) alive[written.length - 1] = true;
  const isMerged = alive.filter(Boolean).length > 1;
  const strongest = alive.lastIndexOf(true);
  return written
    .map((one, index): Origin => {
      const wins = alive[index] === true;
      return {
        kind: one.via,
        range: rangeOf(one.place),
        text: one.text,
        wins,
        why: wins ? whyItWins(one, isMerged, written.length > 1) : whyItLost(written[strongest]),
        ...(one.from && { from: rangeOf(one.from) }),
        variables: one.value === undefined ? [] : variablesIn(one.value, one.inherits, one.place.source, inspection, shell),
      };
    })
    .reverse();
}

/** Was any part of the final value written inside this node? Sources are compared by path: the files were parsed twice. */
function comesFrom(final: Node, node: Node): boolean {
  const inside = final.source.path === node.source.path && final.start >= node.start && final.end <= node.end && final.end > final.start;
  if (final.kind === 'scalar') return inside;
  const children = final.kind === 'map' ? final.entries.map((entry) => entry.value) : final.items;
  return children.length === 0 ? inside : children.some((child) => comesFrom(child, node));
}

function whyItWins(one: Written, isMerged: boolean, hasOthers: boolean): string {
  if (isMerged) return 'merged: this is part of the value';
  if (!hasOthers) return one.via === 'extends' ? 'taken over by extends' : one.via === 'include' ? 'taken over by include' : 'the only place in a Compose file that sets it';
  return one.via === 'extends' ? 'the service itself does not set it' : 'wins: later files over earlier ones, a service over what it extends';
}

function whyItLost(winner: Written | undefined): string {
  if (!winner) return 'overridden';
  const { file, start } = rangeOf(winner.place);
  return `overridden by ${file}:${start.line}:${start.column}`;
}

function implied(project: Project, keys: readonly PathKey[]): Origin {
  const range = project.sources.rangeOf(joinPath(keys));
  return { kind: 'implied', ...(range && range.start.offset > 0 && { range }), text: '', wins: true, why: 'written nowhere: the specification implies it', variables: [] };
}
