/** Where the variables in a value come from. */
import type { SourceRange } from '../../base/index.ts';
import { type Inspection, type Source, expressionsIn, rangeOf, readVariables } from '../../compose/inspect/index.ts';

export interface VariableSource {
  readonly kind: 'shell' | 'env file' | 'default' | 'project name' | 'unset';
  readonly value: string;
  readonly range?: SourceRange;
  readonly wins: boolean;
  readonly why: string;
}

/** One variable of an expression, with every source of a value for it, the winner first. */
export interface VariableUse {
  readonly name: string;
  /** Undefined: not set. */
  readonly value: string | undefined;
  readonly sources: readonly VariableSource[];
}

/** @param file  where the expression stands: an included project has an env file of its own */
export function variablesIn(text: string, inherits: string | undefined, file: Source, inspection: Inspection, shell: Readonly<Record<string, string>>): VariableUse[] {
  const uses = new Map<string, VariableUse>();
  const expressions = inherits === undefined ? expressionsIn(text) : [{ name: inherits, operator: '', operand: '' }];
  for (const { name, operator, operand } of expressions) {
    if (uses.has(name)) continue;
    uses.set(name, useOf(name, operator, operand, file, inspection, shell));
  }
  return [...uses.values()];
}

function useOf(name: string, operator: string, operand: string, file: Source, inspection: Inspection, shell: Readonly<Record<string, string>>): VariableUse {
  const sources: VariableSource[] = [];
  const project = inspection.loaded.project?.name;
  const own = shell[name];
  if (name === 'COMPOSE_PROJECT_NAME' && project !== undefined) sources.push({ kind: 'project name', value: project, wins: true, why: 'the name of the project' });
  else if (own !== undefined) sources.push({ kind: 'shell', value: own, wins: true, why: 'the environment of the command wins over env files' });
  for (const source of envFilesFor(file, inspection)) {
    const variable = readVariables(source, undefined, (other) => inspection.variables.get(other)?.value).get(name);
    if (!variable) continue;
    const wins = sources.length === 0;
    const range = variable.place && { range: rangeOf(variable.place) };
    sources.push({ kind: 'env file', value: variable.value, ...range, wins, why: wins ? 'set by the env file' : `${sources[0]?.kind === 'env file' ? 'a later env file' : 'the environment of the command'} wins` });
  }
  const value = sources[0]?.value;
  if (operator.endsWith('-')) {
    const applies = value === undefined || (value === '' && operator === ':-');
    sources.push({ kind: 'default', value: operand, wins: applies, why: applies ? `the default, because ${name} is ${value === undefined ? 'not set' : 'empty'}` : `the default, not needed: ${name} is set` });
  } else if (value === undefined) sources.push({ kind: 'unset', value: '', wins: true, why: operator.endsWith('+') ? 'not set, so the replacement is not used' : 'not set anywhere: empty' });
  return { name, value, sources: sources.sort((a, b) => Number(b.wins) - Number(a.wins)) };
}

/** Strongest first. */
function envFilesFor(file: Source, inspection: Inspection): Source[] {
  const local = inspection.files.find((one) => one.source.path === file.path)?.envFiles ?? [];
  return [...[...inspection.envFiles].reverse(), ...[...local].reverse()];
}
