/** `config --variables`: what a file can be told, before any of it is replaced. */
import type { Plain } from '../../compose/index.ts';
import { expressionsIn } from '../../compose/inspect/index.ts';

/** One variable; the member names are those of docker compose's JSON. */
export interface FileVariable {
  readonly Name: string;
  /** As written; empty without one. */
  readonly DefaultValue: string;
  /** What `${NAME:+...}` gives. */
  readonly PresenceValue: string;
  readonly Required: boolean;
}

/** The variables of a model that was loaded without interpolation, by name. The first default that is written counts. */
export function variablesOf(model: Plain): FileVariable[] {
  const found = new Map<string, FileVariable>();
  for (const text of textsIn(model)) {
    for (const { name, operator, operand } of expressionsIn(text)) {
      const before = found.get(name);
      found.set(name, {
        Name: name,
        DefaultValue: before?.DefaultValue || (operator.endsWith('-') ? operand : ''),
        PresenceValue: before?.PresenceValue || (operator.endsWith('+') ? operand : ''),
        Required: (before?.Required ?? false) || operator.endsWith('?'),
      });
    }
  }
  return [...found.values()].sort((a, b) => (a.Name < b.Name ? -1 : 1));
}

function* textsIn(value: Plain): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) if (item !== undefined) yield* textsIn(item as Plain);
}

const TITLES = ['NAME', 'REQUIRED', 'DEFAULT VALUE', 'ALTERNATE VALUE'] as const;

/** The table of docker compose: columns of at least 20 characters; or JSON, an object by name. */
export function renderVariables(variables: readonly FileVariable[], format: string): string {
  if (format === 'json') return `${JSON.stringify(Object.fromEntries(variables.map((one) => [one.Name, one])), null, 2)}\n`;
  const rows = [[...TITLES], ...variables.map((one) => [one.Name, String(one.Required), one.DefaultValue, one.PresenceValue])];
  const widths = TITLES.map((_, i) => Math.max(20, ...rows.map((row) => (row[i]?.length ?? 0) + 3)));
  return rows.map((row) => `${row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('')}\n`).join('');
}
