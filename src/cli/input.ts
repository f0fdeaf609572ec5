import type { OptionSpec } from './command-spec.ts';
import { namesOf } from './command-spec.ts';

/**
 * The parsed command line of one command. Options are asked for by their long name without dashes; asking for one that
 * the command does not declare is a bug and throws.
 */
export class CommandInput {
  readonly args: readonly string[];
  readonly #values: ReadonlyMap<string, string | boolean | readonly string[]>;
  readonly #declared: ReadonlySet<string>;

  constructor(
    args: readonly string[],
    values: ReadonlyMap<string, string | boolean | readonly string[]>,
    options: readonly OptionSpec[],
  ) {
    this.args = args;
    this.#values = values;
    this.#declared = new Set(options.map((option) => namesOf(option).long.slice(2)));
  }

  /** @param fallback  what a flag that is not written means */
  flag(name: string, fallback = false): boolean {
    const found = this.#get(name);
    return typeof found === 'boolean' ? found : fallback;
  }

  /** True when the option was written, whatever its value. */
  has(name: string): boolean {
    return this.#get(name) !== undefined;
  }

  value(name: string): string | undefined {
    const found = this.#get(name);
    return typeof found === 'string' ? found : undefined;
  }

  /** A value that the parser has checked to be a whole number. */
  integer(name: string): number | undefined {
    const found = this.value(name);
    return found === undefined ? undefined : Number(found);
  }

  /** The place among a service's replicas that was asked for; as with docker compose, 0 and less ask for none. */
  replica(): number | undefined {
    const found = this.integer('index') ?? 0;
    return found > 0 ? found : undefined;
  }

  list(name: string): readonly string[] {
    const found = this.#get(name);
    return Array.isArray(found) ? (found as readonly string[]) : [];
  }

  #get(name: string): string | boolean | readonly string[] | undefined {
    if (!this.#declared.has(name)) throw new Error(`the command does not declare --${name}`);
    return this.#values.get(name);
  }
}
