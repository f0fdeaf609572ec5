/**
 * Every folder of test/fixtures/compose/cases is a project. `expected.json` is what `docker compose config --format json` printed for
 * it (the directory of the cases written as `<cases>`); `case.json` may have arguments, an environment, a working directory, the positions and
 * codes of the expected `errors` and `warnings`, and in `differs` the reason why we do not do what Docker Compose does.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type LoadOptions, type Loaded, loadProject, printModel, printProject, selectServices } from '../../../src/compose/index.ts';

const root = resolve(import.meta.dirname, '../../fixtures/compose/cases');

interface Case {
  readonly args?: readonly string[];
  /** Switches of `config`, and services. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string;
  readonly errors?: readonly string[];
  readonly warnings?: readonly string[];
  readonly differs?: string;
}

function readCase(name: string): Case {
  const path = join(root, name, 'case.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Case) : {};
}

function optionsOf(name: string, given: Case): LoadOptions {
  const values = (flag: string) => (given.args ?? []).flatMap((arg, i, all) => (arg === flag ? [all[i + 1] ?? ''] : []));
  const has = (flag: string) => (given.flags ?? []).includes(flag);
  const [projectName] = values('-p');
  const [projectDirectory] = values('--project-directory');
  return {
    workingDirectory: join(root, name, given.cwd ?? ''),
    environment: { HOME: '/root', PATH: '/usr/bin', ...given.env },
    files: values('-f'),
    profiles: values('--profile'),
    envFiles: values('--env-file'),
    ...(projectName === undefined ? {} : { projectName }),
    ...(projectDirectory === undefined ? {} : { projectDirectory }),
    stdin: async () => given.stdin ?? '',
    interpolate: !has('--no-interpolate'),
    normalize: !has('--no-normalize'),
    resolvePaths: !has('--no-path-resolution'),
    consistency: !has('--no-consistency'),
    services: servicesOf(given),
  };
}

function servicesOf(given: Case): string[] {
  return (given.flags ?? []).filter((flag) => !flag.startsWith('-'));
}

/** What `config --format json` prints; undefined when it fails. */
function printed(loaded: Loaded, given: Case): string | undefined {
  if (loaded.model !== undefined) return printModel(loaded.model, { format: 'json' });
  if (!loaded.project) return undefined;
  const { project, unknown } = selectServices(loaded.project, servicesOf(given));
  return unknown.length > 0 ? undefined : printProject(project, { format: 'json' });
}

function summary(name: string, given: Case, loaded: Loaded, severity: 'error' | 'warning'): string[] {
  const base = join(root, name);
  return loaded.diagnostics
    .filter((d) => d.severity === severity)
    .map(({ code, range }) => {
      if (!range) return code;
      const file = relative(base, resolve(base, given.cwd ?? '', range.file));
      return `${file}:${range.start.line}:${range.start.column} ${code}`;
    });
}

describe('a project is read as docker compose reads it', () => {
  for (const name of readdirSync(root)) {
    it(name, async () => {
      const given = readCase(name);
      const loaded = await loadProject(optionsOf(name, given));
      expect(summary(name, given, loaded, 'error')).toEqual(given.errors ?? []);
      expect(summary(name, given, loaded, 'warning')).toEqual(given.warnings ?? []);
      const expected = join(root, name, 'expected.json');
      const text = printed(loaded, given)?.replaceAll(root, '<cases>');
      if (!existsSync(expected)) return expect(text).toBeUndefined();
      expect(JSON.parse(text ?? 'null')).toEqual(JSON.parse(readFileSync(expected, 'utf8')));
    });
  }
});

/** Output that means something else when it is read again. The output is Docker Compose's, so it stays. */
const NOT_REREAD: ReadonlyMap<string, string> = new Map([
  ['interp-keys', '"$" is doubled in keys, where reading does not halve it'],
  ['yaml-dollar', '"$" is doubled in keys, where reading does not halve it'],
  ['merge-ports', 'equal ports are kept until they are written alike'],
  ['profiles-depends-optional', 'the optional dependency is not printed'],
  ['top-cycle-off', 'the optional dependency is not printed'],
  ['svc-dev-empty', 'a device without a target is printed and refused'],
  ['svc-env-eq', 'a variable without a name is printed and refused'],
  ['svc-mem-negint', 'a negative size is accepted as a number and refused as a string'],
  ['svc-memswap-negint', 'a negative size is accepted as a number and refused as a string'],
  ['top-network-badname', 'a bad name is accepted in a list and refused in a mapping'],
  ['bld-5', 'an empty dockerfile is printed as none, and none is Dockerfile'],
  ['bld-7', 'an empty dockerfile is printed as none, and none is Dockerfile'],
  ['dev-2', 'a device without a target is printed and refused'],
  ['dev-3', 'a device without a source is printed and refused'],
  ['hostm-7', 'a host without addresses is printed as an empty list'],
  ['hostm-9', 'two addresses in one text become two in a list'],
  ['misc-7', 'an empty network_mode is printed as none'],
  ['misc-50', 'a label without a name is printed and refused'],
  ['num-blkio_config-5', 'a negative size is accepted as a number and refused as a string'],
  ['num-mem_swappiness-0', 'a negative size is accepted as a number and refused as a string'],
  ['num-deploy-16', 'no devices are printed as none given, which means all'],
  ['num-deploy-18', 'an empty list is not printed, and required'],
  ['port-60', 'a port 0 is not printed, and required'],
]);

describe('what was printed reads back as the same project', () => {
  for (const name of readdirSync(root)) {
    if (!existsSync(join(root, name, 'expected.json')) || NOT_REREAD.has(name) || readCase(name).flags) continue;
    it(name, async () => {
      const { project } = await loadProject(optionsOf(name, readCase(name)));
      if (!project) throw new Error('the project did not load');
      const yaml = printProject(project, { format: 'yaml' });
      const again = await loadProject({
        workingDirectory: project.directory,
        environment: {},
        files: ['-'],
        profiles: ['*'],
        stdin: async () => yaml,
      });
      expect(again.diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
      const reread = again.project && printProject(again.project, { format: 'yaml' });
      expect(reread).toBe(yaml);
    });
  }
});
