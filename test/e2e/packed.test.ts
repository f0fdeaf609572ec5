/** The npm package, installed globally on a machine without the sources. */
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { noContainers, title } from '../support/host.ts';
import { REPOSITORY, Workspace, freePort, http } from '../support/workspace.ts';

const reason = noContainers();

describe.skipIf(reason)(title('the packed tarball', reason), () => {
  const builder = new Workspace('pack');
  const prefix = join(builder.directory, 'global');
  const space = new Workspace('inst', { command: [join(prefix, 'bin/tscompose')] });
  afterAll(() => {
    expect(space.dispose()).toEqual([]);
    expect(builder.dispose()).toEqual([]);
  });

  it('contains dist, schema, examples and docs only, and brings up the quickstart', async () => {
    const packed = builder.exec(['npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', builder.directory], { cwd: REPOSITORY });
    expect(packed.exitCode, packed.output).toBe(0);
    const start = packed.stdout.indexOf('[') >= 0 ? packed.stdout.slice(packed.stdout.search(/[[{]/)) : packed.stdout;
    const listing = JSON.parse(start) as { filename: string; files: { path: string }[] }[] | Record<string, { filename: string; files: { path: string }[] }>;
    const [entry] = Array.isArray(listing) ? listing : Object.values(listing);
    const strangers = entry?.files.map(({ path }) => path).filter((path) => !/^(dist|schema|examples|docs)\/|^(package\.json|README\.md|LICENSE)$/.test(path));
    expect(strangers).toEqual([]);

    mkdirSync(prefix);
    const installed = builder.exec(['npm', 'install', '--global', '--prefix', prefix, '--no-audit', '--no-fund', '--prefer-offline', join(builder.directory, entry?.filename ?? '')]);
    expect(installed.exitCode, installed.output).toBe(0);
    const home = join(prefix, 'lib/node_modules/tscompose');
    expect(existsSync(join(home, 'src'))).toBe(false);
    expect((JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { license: string }).license).toBe('Apache-2.0');

    const cwd = join(space.directory, 'quickstart');
    cpSync(join(home, 'examples/quickstart'), cwd, { recursive: true });
    cpSync('/bin/busybox', join(cwd, 'base/busybox'));
    const env = { QUICKSTART_PORT: String(await freePort()) };
    space.ok(['up', '-d', '--build', '--wait'], { cwd, env });
    expect((await http(`http://127.0.0.1:${env.QUICKSTART_PORT}/`)).text).toContain('<h1>');
    space.ok(['down', '-v'], { cwd, env });
  }, 240_000);
});
