/** One parser per instruction. What is wrong comes out as DockerfileMistake; parse.ts adds the place. */
import { parseDurationNs } from '../../../base/index.ts';
import type { CopyFields, FromInstruction, Heredoc, Instruction, SourceItem } from './ast.ts';
import { DockerfileMistake } from './errors.ts';
import { FlagValues, readFlags, suggest, takeFlags, type FlagKind } from './flags.ts';
import { parseCommandForm, parseJsonList, parseListOrWords } from './forms.ts';
import { parseHeredocHead } from './heredoc.ts';
import { parseArgs, parseKeyValues } from './key-values.ts';
import { splitKeyword, type Statement } from './lexer.ts';
import { parseMountFlag } from './mount.ts';
import { splitBlanks } from './words.ts';

type Parsed = FromInstruction | Instruction;

interface Input {
  readonly common: { span: Statement['span']; text: string; keyword: string };
  readonly flags: FlagValues;
  /** Arguments without flags. */
  readonly rest: string;
  readonly heredocs: readonly Heredoc[];
  readonly escape: '\\' | '`';
}

interface Rule {
  readonly flags?: Readonly<Record<string, FlagKind>>;
  parse(input: Input): Parsed;
}

const COPY_FLAGS: Readonly<Record<string, FlagKind>> = { chown: 'string', chmod: 'string', link: 'boolean', exclude: 'list' };

const RULES: Readonly<Record<string, Rule>> = {
  FROM: { flags: { platform: 'string' }, parse: parseFrom },
  ARG: { parse: ({ common, rest, escape }) => ({ ...common, kind: 'arg', args: parseArgs(rest, escape) }) },
  RUN: { flags: { mount: 'list', network: 'string', security: 'string', device: 'list' }, parse: parseRun },
  COPY: {
    flags: { ...COPY_FLAGS, from: 'string', parents: 'boolean' },
    parse: (input) => ({ ...input.common, kind: 'copy', from: input.flags.string('from'), ...copyFields('COPY', input) }),
  },
  ADD: {
    flags: { ...COPY_FLAGS, checksum: 'string', 'keep-git-dir': 'boolean', unpack: 'boolean' },
    parse: (input) => ({
      ...input.common,
      kind: 'add',
      checksum: input.flags.string('checksum'),
      keepGitDir: input.flags.boolean('keep-git-dir') ?? false,
      unpack: input.flags.boolean('unpack'),
      ...copyFields('ADD', input),
    }),
  },
  ENV: { parse: ({ common, rest, escape }) => ({ ...common, kind: 'env', pairs: parseKeyValues('ENV', rest, escape).pairs }) },
  LABEL: { parse: ({ common, rest, escape }) => ({ ...common, kind: 'label', pairs: parseKeyValues('LABEL', rest, escape).pairs }) },
  CMD: { parse: ({ common, rest }) => ({ ...common, kind: 'cmd', command: parseCommandForm(rest) }) },
  ENTRYPOINT: { parse: ({ common, rest }) => ({ ...common, kind: 'entrypoint', command: parseCommandForm(rest) }) },
  EXPOSE: { parse: ({ common, rest }) => ({ ...common, kind: 'expose', ports: atLeastOne('EXPOSE', splitBlanks(rest)) }) },
  VOLUME: { parse: parseVolume },
  USER: { parse: single('user') },
  WORKDIR: { parse: single('workdir') },
  STOPSIGNAL: { parse: single('stopsignal') },
  MAINTAINER: { parse: single('maintainer') },
  SHELL: { parse: parseShell },
  HEALTHCHECK: {
    flags: { interval: 'string', timeout: 'string', 'start-period': 'string', 'start-interval': 'string', retries: 'string' },
    parse: parseHealthcheck,
  },
  ONBUILD: { parse: parseOnbuild },
};

/** All keywords, in capitals. */
export const KEYWORDS: readonly string[] = Object.keys(RULES);

/** @throws DockerfileMistake */
export function parseInstruction(statement: Statement, escape: '\\' | '`'): Parsed {
  const keyword = statement.keyword.toUpperCase();
  const rule = Object.hasOwn(RULES, keyword) ? RULES[keyword] : undefined;
  if (!rule) throw new DockerfileMistake(`unknown instruction: ${statement.keyword}${suggest(keyword, KEYWORDS)}`);
  const { flags, rest } = takesFlags(keyword) ? takeFlags(statement.rest) : { flags: [], rest: statement.rest };
  const common = { span: statement.span, text: `${keyword} ${statement.rest}`.trim(), keyword: statement.keyword };
  return rule.parse({ common, flags: readFlags(flags, rule.flags ?? {}), rest, heredocs: statement.heredocs, escape });
}

/** MAINTAINER, CMD and the like take their text as it is: `CMD --version` is not a flag. */
function takesFlags(keyword: string): boolean {
  return RULES[keyword]?.flags !== undefined;
}

function atLeastOne(keyword: string, words: string[]): string[] {
  if (words.length === 0) throw new DockerfileMistake(`${keyword} requires at least one argument`);
  return words;
}

function single(kind: 'user' | 'workdir' | 'stopsignal' | 'maintainer') {
  return ({ common, rest }: Input): Parsed => {
    if (rest === '') throw new DockerfileMistake(`${kind.toUpperCase()} requires exactly one argument`);
    return { ...common, kind, value: rest };
  };
}

function parseFrom({ common, flags, rest }: Input): FromInstruction {
  const words = splitBlanks(rest);
  const named = words.length === 3 && words[1]?.toUpperCase() === 'AS';
  if (words.length !== 1 && !named) throw new DockerfileMistake('FROM requires either one or three arguments');
  const name = named ? words[2]?.toLowerCase() : undefined;
  if (name !== undefined && !/^[a-z][a-z0-9._-]*$/.test(name)) {
    throw new DockerfileMistake(`invalid name for build stage: ${JSON.stringify(words[2])}, name can't start with a number or contain symbols`);
  }
  return { ...common, kind: 'from', base: words[0] ?? '', name, platform: flags.string('platform') };
}

function parseRun({ common, flags, rest, heredocs }: Input): Instruction {
  if (rest === '') throw new DockerfileMistake('RUN requires at least one argument');
  const command = parseCommandForm(rest);
  if (command.form === 'exec' && command.args.length === 0) throw new DockerfileMistake('RUN requires at least one argument');
  const network = flags.string('network');
  if (network !== undefined && !network.includes('$') && !['default', 'none', 'host'].includes(network)) {
    throw new DockerfileMistake(`invalid network mode ${JSON.stringify(network)}: default, none or host`);
  }
  const security = flags.string('security');
  if (security !== undefined && !security.includes('$') && !['sandbox', 'insecure'].includes(security)) {
    throw new DockerfileMistake(`security ${JSON.stringify(security)} is not valid: sandbox or insecure`);
  }
  return { ...common, kind: 'run', command, heredocs, mounts: flags.list('mount').map(parseMountFlag), network, security, devices: flags.list('device') };
}

function copyFields(keyword: 'COPY' | 'ADD', { flags, rest, heredocs, escape }: Input): CopyFields {
  const words = parseListOrWords(rest);
  const destination = words.at(-1);
  if (destination === undefined) throw new DockerfileMistake(`${keyword} requires at least two arguments, but none were provided`);
  if (words.length < 2) {
    throw new DockerfileMistake(`${keyword} requires at least two arguments, but only one was provided. Destination could not be determined`);
  }
  if (parseHeredocHead(destination, escape)) throw new DockerfileMistake(`${keyword} cannot accept a heredoc as a destination`);
  const bodies = [...heredocs];
  const sources = words.slice(0, -1).map((word): SourceItem => {
    const heredoc = parseHeredocHead(word, escape) && bodies.shift();
    return heredoc ? { kind: 'inline', heredoc } : { kind: 'path', path: word };
  });
  return {
    sources,
    destination,
    chown: flags.string('chown'),
    chmod: flags.string('chmod'),
    link: flags.boolean('link') ?? false,
    parents: flags.boolean('parents') ?? false,
    exclude: flags.list('exclude'),
  };
}

function parseVolume({ common, rest }: Input): Instruction {
  const paths = atLeastOne('VOLUME', parseListOrWords(rest));
  if (paths.some((path) => path.trim() === '')) throw new DockerfileMistake('VOLUME specified can not be an empty string');
  return { ...common, kind: 'volume', paths };
}

function parseShell({ common, rest }: Input): Instruction {
  const args = parseJsonList(rest);
  if (!args) throw new DockerfileMistake('SHELL requires the arguments to be in JSON form');
  return { ...common, kind: 'shell', args: atLeastOne('SHELL', args) };
}

function parseHealthcheck({ common, flags, rest }: Input): Instruction {
  const { keyword, rest: args } = splitKeyword(rest);
  const type = keyword.toUpperCase();
  const base = { ...common, kind: 'healthcheck' as const };
  if (type === 'NONE') {
    if (args !== '') throw new DockerfileMistake('HEALTHCHECK NONE takes no arguments');
    return { ...base, test: ['NONE'], interval: 0, timeout: 0, startPeriod: 0, startInterval: 0, retries: 0 };
  }
  if (type === '') throw new DockerfileMistake('HEALTHCHECK requires at least one argument');
  if (type !== 'CMD') throw new DockerfileMistake(`unknown type ${JSON.stringify(keyword)} in HEALTHCHECK (try CMD)`);
  const command = parseCommandForm(args);
  if (command.form === 'exec' ? command.args.length === 0 : command.line === '') throw new DockerfileMistake('missing command after HEALTHCHECK CMD');
  return {
    ...base,
    test: command.form === 'exec' ? ['CMD', ...command.args] : ['CMD-SHELL', command.line],
    interval: duration(flags, 'interval'),
    timeout: duration(flags, 'timeout'),
    startPeriod: duration(flags, 'start-period'),
    startInterval: duration(flags, 'start-interval'),
    retries: retries(flags.string('retries')),
  };
}

function duration(flags: FlagValues, name: string): number {
  const text = flags.string(name);
  if (text === undefined) return 0;
  const ns = parseDurationNs(text);
  if (ns === undefined) throw new DockerfileMistake(`invalid duration ${JSON.stringify(text)} for --${name}`);
  if (ns < 0 || (ns > 0 && ns < 1e6)) throw new DockerfileMistake(`--${name} cannot be less than 1ms`);
  return ns;
}

function retries(text: string | undefined): number {
  if (text === undefined) return 0;
  if (!/^\d{1,9}$/.test(text)) throw new DockerfileMistake(`--retries must be a number of at least 0, not ${JSON.stringify(text)}`);
  return Number(text);
}

function parseOnbuild({ common, rest, heredocs, escape }: Input): Instruction {
  if (rest === '') throw new DockerfileMistake('ONBUILD requires at least one argument');
  const inner = splitKeyword(rest);
  const trigger = inner.keyword.toUpperCase();
  if (trigger === 'ONBUILD') throw new DockerfileMistake("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (trigger === 'FROM' || trigger === 'MAINTAINER') throw new DockerfileMistake(`${trigger} isn't allowed as an ONBUILD trigger`);
  parseInstruction({ ...inner, span: common.span, heredocs }, escape); // a bad trigger shall fail here, not in somebody else's build
  const bodies = heredocs.map((heredoc) => `\n${heredoc.raw}${heredoc.name}`).join('');
  return { ...common, kind: 'onbuild', expression: rest + bodies };
}
