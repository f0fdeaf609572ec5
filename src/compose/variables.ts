import type { Place } from './source.ts';

/** One variable of an environment, with the line of the env file that set it. */
export interface Variable {
  readonly value: string;
  /** Undefined for a variable of the process environment. */
  readonly place: Place | undefined;
}

/** Variables by name, first come first served: the process environment, then env files. A value; adding makes a copy. */
export class Variables {
  readonly #map: ReadonlyMap<string, Variable>;

  constructor(map: ReadonlyMap<string, Variable>) {
    this.#map = map;
  }

  static of(values: Readonly<Record<string, string>>): Variables {
    return new Variables(new Map(Object.entries(values).map(([name, value]) => [name, { value, place: undefined }])));
  }

  get(name: string): Variable | undefined {
    return this.#map.get(name);
  }

  names(): Iterable<string> {
    return this.#map.keys();
  }

  /** These variables, and of `others` those that are not among them yet. */
  withDefaults(others: ReadonlyMap<string, Variable>): Variables {
    if (others.size === 0) return this;
    return new Variables(new Map([...others, ...this.#map]));
  }

  /** These variables with one of them set. */
  with(name: string, value: string): Variables {
    return new Variables(new Map([...this.#map, [name, { value, place: undefined }]]));
  }

  toRecord(): Record<string, string> {
    const record: Record<string, string> = Object.create(null);
    for (const [name, { value }] of this.#map) record[name] = value;
    return record;
  }
}
