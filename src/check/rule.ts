/** What a rule is, and what it may look at. */
import type { SourceRange } from '../base/index.ts';
import type { Project, Service } from '../compose/index.ts';
import { type Inspection, type PathKey, type Place, joinPath, rangeOf } from '../compose/inspect/index.ts';
import type { Finding, Level, TextEdit } from './finding.ts';

export interface Rule {
  /** Stable and dotted; configuration matches on it. */
  readonly id: string;
  /** Default. */
  readonly level: Level;
  /** What it finds, as a phrase. */
  readonly summary: string;
  /** Why that matters and what to do; for the documentation. */
  readonly why: string;
  readonly fixable?: boolean;
  /** Looks at the files as written; also when the project could not be loaded. */
  readonly files?: (context: RuleContext) => void;
  /** Looks at the loaded project. Neither of both: the loader reports it. */
  readonly project?: (context: RuleContext, project: Project) => void;
}

export interface ReportDetails {
  /** A place in a file, or else a path in the model that is looked up. */
  readonly place?: Place | undefined;
  readonly path?: readonly PathKey[] | undefined;
  readonly hint?: string | undefined;
  readonly level?: Level | undefined;
  readonly related?: readonly { readonly message: string; readonly place?: Place | undefined; readonly path?: readonly PathKey[] }[];
  readonly fix?: readonly TextEdit[] | undefined;
}

/** What a rule works with; one for each rule and project. */
export class RuleContext {
  readonly inspection: Inspection;
  /** What lies at an absolute path of this machine. */
  readonly kindOf: (path: string) => 'file' | 'directory' | undefined;
  readonly findings: Finding[] = [];
  readonly #rule: Rule;

  constructor(rule: Rule, inspection: Inspection, kindOf: RuleContext['kindOf']) {
    this.#rule = rule;
    this.inspection = inspection;
    this.kindOf = kindOf;
  }

  report(message: string, details: ReportDetails): void {
    const range = this.#range(details.place, details.path);
    const related = (details.related ?? []).flatMap(({ message: text, place, path }) => {
      const at = this.#range(place, path);
      return at ? [{ message: text, range: at }] : [];
    });
    this.findings.push({
      code: this.#rule.id,
      severity: details.level ?? this.#rule.level,
      message,
      ...(details.path && { path: joinPath(details.path) }),
      ...(range && { range }),
      ...(related.length > 0 && { related }),
      ...(details.hint !== undefined && { hint: details.hint }),
      ...(details.fix && details.fix.length > 0 && { fix: details.fix }),
    });
  }

  #range(place: Place | undefined, path: readonly PathKey[] | undefined): SourceRange | undefined {
    if (place) return rangeOf(place);
    return path && this.inspection.loaded.project?.sources.rangeOf(joinPath(path));
  }
}

/** Enabled services and those that profiles switch off. */
export function allServices(project: Project): Service[] {
  return [...Object.values(project.services), ...Object.values(project.disabledServices)];
}
