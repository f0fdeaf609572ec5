import { ExitCode, UserError } from '../base/index.ts';
import { namesOf, type OptionSpec } from './command-spec.ts';

const TRUE = /^(1|t|true)$/i;
const FALSE = /^(0|f|false)$/i;

/**
 * Rewrites the spellings that Go's flag library takes and commander does not: `--flag=true|false` for flags, `-p=name` for short
 * options with a value, and `--no-TTY`. Everything after `--`, and with `stopAtArgument` after the first argument, is left alone.
 * @returns the rewritten arguments, and the long names (without dashes) of the flags that were switched off: those are dropped
 * @throws UserError for `--flag=maybe`
 */
export function normalizeFlags(
  argv: readonly string[],
  specs: readonly OptionSpec[],
  options: { stopAtArgument: boolean },
): { argv: string[]; off: ReadonlySet<string> } {
  const kinds = new Map<string, { spec: OptionSpec; short: string | undefined; long: string }>();
  for (const spec of specs) {
    const names = namesOf(spec);
    kinds.set(names.long, { spec, ...names });
    if (names.short !== undefined) kinds.set(names.short, { spec, ...names });
  }
  const out: string[] = [];
  const off = new Set<string>();
  for (let i = 0; i < argv.length; i++) {
    const token = argv[i] ?? '';
    if (token === '--' || (options.stopAtArgument && (!token.startsWith('-') || token === '-'))) {
      return { argv: [...out, ...argv.slice(i)], off };
    }
    const equals = token.indexOf('=');
    const name = (equals < 0 ? token : token.slice(0, equals)).replace(/^--no-TTY$/, '--no-tty');
    const found = kinds.get(name);
    if (found === undefined) {
      out.push(token);
      const last = kinds.get(`-${token.at(-1) ?? ''}`); // `-dt 5`: the last letter of a cluster may take a value
      if (/^-\w\w+$/.test(token) && clusterWantsValue(token, kinds) && last) out.push(...argv.slice(++i, i + 1));
      continue;
    }
    if (found.spec.kind !== 'flag') {
      if (equals >= 0) out.push(`${found.long}=${token.slice(equals + 1)}`);
      else out.push(name, ...argv.slice(++i, i + 1));
      continue;
    }
    const value = equals < 0 ? 'true' : token.slice(equals + 1);
    if (TRUE.test(value)) {
      off.delete(found.long.slice(2));
      out.push(name);
    } else if (FALSE.test(value)) {
      off.add(found.long.slice(2));
      dropFlag(out, found);
    } else throw new UserError(`invalid argument "${value}" for "${name}" flag: not true or false`, { code: 'usage.value', exitCode: ExitCode.unknownCommand });
  }
  return { argv: out, off };
}

function clusterWantsValue(token: string, kinds: ReadonlyMap<string, { spec: OptionSpec }>): boolean {
  for (const [at, letter] of [...token.slice(1)].entries()) {
    const found = kinds.get(`-${letter}`);
    if (found === undefined) return false;
    if (found.spec.kind !== 'flag') return at === token.length - 2; // else the rest of the cluster is the value
  }
  return false;
}

function dropFlag(out: string[], names: { short: string | undefined; long: string }): void {
  for (let i = out.length - 1; i >= 0; i--) if (out[i] === names.long || out[i] === names.short) out.splice(i, 1);
}
