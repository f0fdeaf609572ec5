import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/base/index.ts';
import { COMMANDS } from '../../../src/cli/command-table.ts';
import { resolveGlobals } from '../../../src/cli/globals.ts';
import { parseArguments, type ParsedLine } from '../../../src/cli/parse.ts';

function parse(...argv: string[]): Extract<ParsedLine, { kind: 'run' }> {
  const line = parseArguments(argv, COMMANDS);
  if (line.kind !== 'run') throw new Error(`expected a command, got ${line.kind}`);
  return line;
}

function failure(...argv: string[]): UserError {
  try {
    parseArguments(argv, COMMANDS);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error(`expected ${argv.join(' ')} to be refused`);
}

describe('the command line', () => {
  it('reads global flags before the command and its own flags after it', () => {
    const { spec, globals, input } = parse('-f', 'a.yaml', '--file=b.yaml', '-p', 'demo', 'logs', '-f', '--tail', '5', 'web', 'db');
    expect(spec.name).toBe('logs');
    expect(globals.list('file')).toEqual(['a.yaml', 'b.yaml']);
    expect(globals.value('project-name')).toBe('demo');
    expect(input.flag('follow')).toBe(true);
    expect(input.value('tail')).toBe('5');
    expect(input.args).toEqual(['web', 'db']);
  });

  it.each([
    [['up', '-t5'], 5],
    [['up', '-t', '5'], 5],
    [['up', '-t=5'], 5],
    [['up', '--timeout=5'], 5],
    [['up', '-dt', '5'], 5],
    [['up', '-dt5'], 5],
    [['up', '-t', '-1'], -1],
  ])('reads a number in %j', (argv, seconds) => {
    expect(parse(...argv).input.integer('timeout')).toBe(seconds);
  });

  it('takes Go spellings of flags, the last one winning', () => {
    expect(parse('up', '--wait=false').input.flag('wait')).toBe(false);
    expect(parse('up', '-d', '--detach=false').input.flag('detach')).toBe(false);
    expect(parse('up', '--detach=false', '-d').input.flag('detach')).toBe(true);
    expect(parse('ps', '--orphans=false').input.flag('orphans', true)).toBe(false);
    expect(parse('ps').input.flag('orphans', true)).toBe(true);
    expect(parse('exec', '-T=true', 'web', 'sh').input.flag('no-tty')).toBe(true);
    expect(parse('run', '--no-TTY', 'web').input.flag('no-tty')).toBe(true);
  });

  it('leaves what follows the service of exec and run to the program', () => {
    const { input } = parse('exec', '-T', '-e', 'A=1', 'web', 'ls', '-l', '--all=false', '-T', '--', 'x');
    expect(input.args).toEqual(['web', 'ls', '-l', '--all=false', '-T', '--', 'x']);
    expect(input.list('env')).toEqual(['A=1']);
    expect(parse('run', '--rm', 'web', '--entrypoint', 'x').input.args).toEqual(['web', '--entrypoint', 'x']);
  });

  it('does not take the value of an option for an argument', () => {
    const { input } = parse('exec', '-u', 'root', '--workdir', '/tmp', 'web', 'id', '-u');
    expect(input.value('user')).toBe('root');
    expect(input.args).toEqual(['web', 'id', '-u']);
  });

  it('is not misled by values that are names of commands', () => {
    const { spec, globals, input } = parse('-p', 'logs', 'ps', 'up', 'down');
    expect([spec.name, globals.value('project-name'), ...input.args]).toEqual(['ps', 'logs', 'up', 'down']);
    expect(parse('convert').spec.name).toBe('config');
  });

  it('takes --dry-run on both sides of the command', () => {
    expect(parse('--dry-run', 'up').globals.flag('dry-run')).toBe(true);
    expect(parse('up', '--dry-run').input.flag('dry-run')).toBe(true);
  });

  it.each([
    [['upp'], 16, 'unknown command: "upp"', /did you mean up/],
    [['help', 'upp'], 16, 'unknown command: "upp"', /did you mean up/],
    [['-p', 'up', 'dwon'], 16, 'unknown command: "dwon"', /did you mean down/],
    [['up', '--nope'], 16, 'unknown flag: --nope', /up --help/],
    [['up', '--biuld'], 16, 'unknown flag: --biuld', /did you mean --build/],
    [['logs', '--tail'], 16, 'flag needs an argument: -n, --tail', /logs --help/],
    [['up', '-t', 'abc'], 16, 'invalid argument "abc" for "-t, --timeout" flag: not a whole number', undefined],
    [['up', '--wait=maybe'], 16, 'invalid argument "maybe" for "--wait" flag: not true or false', undefined],
    [['up', '--profile', 'x'], 16, 'unknown flag: --profile', /before the command/],
    [['exec', 'web'], 1, 'missing argument: COMMAND', /exec --help/],
    [['ls', 'x'], 1, /too many arguments/, undefined],
  ])('refuses %j with exit code %d', (argv, exitCode, message, hint) => {
    const error = failure(...argv);
    expect(error.exitCode).toBe(exitCode);
    if (typeof message === 'string') expect(error.message).toBe(message);
    else expect(error.message).toMatch(message);
    if (hint) expect(error.hint).toMatch(hint);
  });

  it('shows help for nothing, --help and help COMMAND', () => {
    for (const argv of [[], ['--help'], ['help'], ['--help', 'ps'], ['-p', 'ps', '--help']]) {
      const line = parseArguments(argv, COMMANDS);
      expect(line.kind === 'help' && line.text).toMatch(/Start and stop:\n +up /);
    }
    for (const argv of [['help', 'ps'], ['ps', '--help']]) {
      const line = parseArguments(argv, COMMANDS);
      expect(line.kind === 'help' && line.text).toContain('--no-trunc');
    }
  });

  it('makes help that fits the terminal', () => {
    for (const spec of [{ name: '-p=x' }, ...COMMANDS]) {
      const line = parseArguments([spec.name, '--help'], COMMANDS, 80);
      const text = line.kind === 'help' ? line.text : '';
      expect(text.split('\n').filter((row) => row.length > 80), spec.name).toEqual([]);
    }
  });

  it('asks for undeclared options never: that is a bug and throws', () => {
    expect(() => parse('ps').input.flag('follow')).toThrow(/does not declare/);
  });
});

describe('the command table', () => {
  it('has every command and flag of docker compose', () => {
    const flags: Readonly<Record<string, string>> = {
      up: 'abort-on-container-exit abort-on-container-failure always-recreate-deps attach attach-dependencies build detach exit-code-from force-recreate menu no-attach no-build no-color no-deps no-log-prefix no-recreate no-start pull quiet-build quiet-pull remove-orphans renew-anon-volumes scale timeout timestamps wait wait-timeout watch yes',
      down: 'remove-orphans rmi timeout volumes',
      create: 'build force-recreate no-build no-recreate pull quiet-pull remove-orphans scale yes',
      start: 'wait wait-timeout',
      stop: 'timeout',
      restart: 'no-deps timeout',
      kill: 'remove-orphans signal',
      rm: 'all force stop volumes',
      pause: '',
      unpause: '',
      run: 'build cap-add cap-drop detach entrypoint env env-from-file interactive label name no-deps no-tty publish pull quiet quiet-build quiet-pull remove-orphans rm service-ports tty use-aliases user volume workdir',
      exec: 'detach env index interactive no-tty privileged tty user workdir',
      attach: 'detach-keys index no-stdin sig-proxy',
      logs: 'follow index no-color no-log-prefix since tail timestamps until',
      ps: 'all filter format no-trunc orphans quiet services status',
      ls: 'all filter format quiet',
      top: '',
      stats: 'all format no-stream no-trunc',
      events: 'json since until',
      images: 'format quiet',
      volumes: 'format quiet',
      port: 'index protocol',
      cp: 'all archive follow-link index',
      wait: 'down-project',
      watch: 'no-up prune quiet',
      scale: 'no-deps',
      build: 'build-arg builder check compress force-rm memory no-cache no-rm parallel print progress provenance pull push quiet sbom ssh with-dependencies',
      pull: 'ignore-buildable ignore-pull-failures include-deps no-parallel parallel policy quiet',
      push: 'ignore-push-failures include-deps quiet',
      config: 'environment format hash images lock-image-digests models networks no-consistency no-env-resolution no-interpolate no-normalize no-path-resolution output profiles quiet resolve-image-digests services variables volumes',
      commit: 'author change index message pause',
      export: 'index output',
      version: 'format short',
    };
    for (const [name, expected] of Object.entries(flags)) {
      const spec = COMMANDS.find((one) => one.name === name);
      const declared = new Set((spec?.options?.() ?? []).map((option) => /--([\w-]+)/.exec(option.flags)?.[1]));
      expect(expected.split(' ').filter((flag) => flag !== '' && !declared.has(flag)), name).toEqual([]);
    }
  });

  it('uses every name and every short form once in a command', () => {
    for (const spec of COMMANDS) {
      const names = (spec.options?.() ?? []).flatMap((option) => option.flags.match(/--?[\w-]+/g)?.slice(0, 2) ?? []);
      expect(new Set(names).size, spec.name).toBe(names.length);
    }
  });
});

describe('the progress of builds and of the rest', () => {
  it.each([
    [[], {}, 'auto'],
    [[], { BUILDKIT_PROGRESS: 'plain' }, 'plain'],
    [[], { BUILDKIT_PROGRESS: 'rawjson' }, 'auto'],
    [[], { BUILDKIT_PROGRESS: 'plain', COMPOSE_PROGRESS: 'quiet' }, 'quiet'],
    [['--progress', 'json'], { COMPOSE_PROGRESS: 'quiet' }, 'json'],
  ] as const)('%j with %j is %s', (argv, environment, mode) => {
    expect(resolveGlobals(parse(...argv, 'ps').globals, environment).progress).toBe(mode);
  });
});
