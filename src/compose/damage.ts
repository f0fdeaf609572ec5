/**
 * What earlier errors took out of the model, so that checks across references still look at all the rest and blame nobody for what is
 * missing because of another mistake.
 */

import type { Lost } from './salvage.ts';

const SECTIONS = ['services', 'networks', 'volumes', 'secrets', 'configs', 'models'] as const;
export type Section = (typeof SECTIONS)[number];

/** Stands for the whole of an object. */
const WHOLE = '';

/** What is damaged in one load. Starts out without damage. */
export class Damage {
  /** Sections that may lack names. */
  readonly #open = new Set<string>();
  /** Names that were written but are not in the model. */
  readonly #dropped = new Map<string, Set<string>>();
  /** Attributes by `section NUL name`. */
  readonly #attributes = new Map<string, Set<string>>();

  /** Names of this section may be missing: a reference to one that is not there says nothing. */
  openSection(section: string): void {
    this.#open.add(section);
  }

  /** A whole file is missing, so any name may be. */
  openAll(): void {
    for (const section of SECTIONS) this.#open.add(section);
  }

  /** What a syntax error made unreadable. */
  lose({ section, names }: Lost): void {
    if (section === undefined || section === 'include') this.openAll();
    else if (!names) this.openSection(section);
    for (const name of (section !== undefined && names) || []) {
      this.drop(section ?? '', name);
      this.touch(section ?? '', name);
    }
  }

  /** A name that a file defines, though nothing of it could be kept. */
  drop(section: string, name: string): void {
    const names = this.#dropped.get(section) ?? new Set();
    this.#dropped.set(section, names.add(name));
  }

  /** Something is missing in `attribute` of the object, or (without it) anywhere in the object. */
  touch(section: string, name: string, attribute: string = WHOLE): void {
    const key = `${section}\0${name}`;
    const attributes = this.#attributes.get(key) ?? new Set();
    this.#attributes.set(key, attributes.add(attribute));
  }

  /** May a reference to this name be right although the model does not have it? */
  mayHave(section: Section, name: string): boolean {
    return this.#open.has(section) || (this.#dropped.get(section)?.has(name) ?? false);
  }

  /** Is something missing in the whole object, or in one of the attributes? */
  touches(section: Section, name: string, ...attributes: readonly string[]): boolean {
    const found = this.#attributes.get(`${section}\0${name}`);
    return found !== undefined && (found.has(WHOLE) || attributes.some((attribute) => found.has(attribute)));
  }
}
