import type { Diagnostic, Severity } from '../base/index.ts';
import { type Place, rangeOf } from './source.ts';
import type { Trail } from './tree.ts';

/** What a diagnostic says beside its code and message; see `Diagnostic`. */
export interface ProblemDetails {
  readonly place?: Place | undefined;
  /** The value that the place is a part of. */
  readonly within?: Place | undefined;
  readonly path?: string | undefined;
  readonly hint?: string | undefined;
  readonly related?: readonly { readonly message: string; readonly place: Place }[] | undefined;
  /** The way that led to the place, newest step first; comes after `related`. */
  readonly trail?: Trail | undefined;
}

/** Collects diagnostics through all passes; the same problem found twice (a file extended twice) is kept once. */
export class Problems {
  readonly #list: Diagnostic[] = [];
  readonly #seen = new Set<string>();
  /** Places whose text could not be interpolated: whatever else is wrong with them follows from that. */
  readonly #unread = new Set<string>();
  #errors = 0;

  error(code: string, message: string, details: ProblemDetails = {}): void {
    this.#add('error', code, message, details);
  }

  warning(code: string, message: string, details: ProblemDetails = {}): void {
    this.#add('warning', code, message, details);
  }

  get errorCount(): number {
    return this.#errors;
  }

  /** In order of file (as first met) and position; problems without a place come first. */
  sorted(): readonly Diagnostic[] {
    const files = new Map<string, number>();
    for (const { range } of this.#list) if (range && !files.has(range.file)) files.set(range.file, files.size);
    const rank = (d: Diagnostic) => (d.range ? (files.get(d.range.file) ?? 0) : -1);
    return this.#list.toSorted((a, b) => rank(a) - rank(b) || (a.range?.start.offset ?? 0) - (b.range?.start.offset ?? 0));
  }

  #add(severity: Severity, code: string, message: string, details: ProblemDetails): void {
    const at = `${details.place?.source.path}\0${details.place?.start}`;
    const saying = details.path !== undefined && message.startsWith(details.path) ? message.slice(details.path.length) : message; // a base is wrong once, however many extend it
    const key = `${code}\0${saying}\0${at}`;
    if (this.#seen.has(key) || this.#unread.has(at)) return;
    const value = details.within ?? details.place;
    if (value && severity === 'error' && code.startsWith('interpolation.')) this.#unread.add(`${value.source.path}\0${value.start}`);
    this.#seen.add(key);
    if (severity === 'error') this.#errors++;
    const related = [...(details.related ?? []), ...stepsOf(details.trail)].map((step) => ({
      message: step.message,
      range: rangeOf(step.place),
    }));
    this.#list.push({
      code,
      severity,
      message,
      ...(details.path === undefined ? {} : { path: details.path }),
      ...(details.place === undefined ? {} : { range: rangeOf(details.place) }),
      ...(related.length === 0 ? {} : { related }),
      ...(details.hint === undefined ? {} : { hint: details.hint }),
    });
  }
}

function stepsOf(trail: Trail | undefined): { message: string; place: Place }[] {
  const steps: { message: string; place: Place }[] = [];
  for (let step = trail; step && steps.length < 8; step = step.next) steps.push({ message: step.message, place: step.place });
  return steps;
}
