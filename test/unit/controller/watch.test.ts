import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WatchRule } from '../../../src/compose/index.ts';
import { TreeWatcher } from '../../../src/controller/tree-watcher.ts';
import { compileRules, reactions, type Change, type CompiledRule } from '../../../src/controller/watch-rules.ts';
import { eventually } from '../../support/workspace.ts';
import { project } from './model.ts';

let root = '';
beforeEach(() => (root = mkdtempSync('/tmp/ctl-watch-')));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(name: string, content = 'x'): void {
  mkdirSync(join(root, name, '..'), { recursive: true });
  writeFileSync(join(root, name), content);
}

function rulesOf(...watch: WatchRule[]): CompiledRule[] {
  return compileRules(project({ services: { web: { build: { context: root }, develop: { watch } } } }), []);
}

describe('watch rules', () => {
  it('leave out what the rule ignores, what the build context ignores, and what editors leave', () => {
    put('.dockerignore', '*.log\n');
    const [rule] = rulesOf({ path: root, action: 'sync', target: '/app', ignore: ['node_modules/'] });
    const why = (path: string) => rule?.ignoredBy(path);
    expect(['src/a.ts', 'node_modules/x/y.js', 'x.log', 'src/.a.ts.swp', '.git/HEAD', 'a~'].map(why)).toEqual([
      undefined,
      'ignore of the rule',
      '.dockerignore of the build context',
      'temporary file',
      'temporary file',
      'temporary file',
    ]);
    expect(rule?.canSkip('node_modules')).toBe(true);
  });

  it('take only what is included, when something is', () => {
    const [rule] = rulesOf({ path: root, action: 'sync', target: '/app', include: ['**/*.ts'] });
    expect([rule?.ignoredBy('src/a.ts'), rule?.ignoredBy('src/a.js')]).toEqual([undefined, 'not in include']);
  });

  it('demand a target for a sync, and at least one rule', () => {
    expect(() => rulesOf({ path: root, action: 'sync' })).toThrow('needs a target');
    expect(() => compileRules(project({ services: { web: {} } }), [])).toThrow('configured for watch');
  });

  it('make one reaction for each service: a rebuild makes its syncs unnecessary', () => {
    const [sync, again, build] = rulesOf({ path: root, action: 'sync', target: '/app/' }, { path: root, action: 'sync+restart', target: '/x' }, { path: root, action: 'rebuild' });
    const change = (rule: CompiledRule | undefined, path: string, kind: Change['kind'] = 'written') => ({ rule: rule as CompiledRule, path, kind });
    expect(reactions([change(sync, 'a/b'), change(sync, 'c', 'deleted'), change(again, 'a/b')])).toEqual([
      { service: 'web', rebuild: false, restart: true, written: [{ from: join(root, 'a/b'), to: '/app/a/b' }, { from: join(root, 'a/b'), to: '/x/a/b' }], deleted: ['/app/c'], hooks: [] },
    ]);
    expect(reactions([change(sync, 'a'), change(build, 'a')])).toMatchObject([{ rebuild: true, written: [], restart: false }]);
  });
});

describe('TreeWatcher', () => {
  const watcherOf = (rule: WatchRule): { watcher: TreeWatcher; events: () => number } => {
    let events = 0;
    const [compiled] = rulesOf(rule);
    return { watcher: new TreeWatcher(compiled as CompiledRule, () => events++), events: () => events };
  };
  const seen = (changes: readonly Change[]) => changes.map((change) => `${change.kind} ${change.path}`).sort();

  it('tells new, changed and deleted files, also in directories that are new', async () => {
    put('a');
    put('b');
    const { watcher, events } = watcherOf({ path: root, action: 'sync', target: '/app' });
    try {
      expect(seen(await watcher.scan())).toEqual(['written a', 'written b']);
      put('deep/er/c');
      await eventually('an event', () => events() > 0);
      rmSync(join(root, 'b'));
      put('a', 'longer');
      expect(seen(await watcher.scan())).toEqual(['deleted b', 'written a', 'written deep/er/c']);
      const before = events();
      put('deep/er/d');
      await eventually('an event from the new directory', () => events() > before);
      expect(seen(await watcher.scan())).toEqual(['written deep/er/d']);
    } finally {
      watcher.close();
    }
  });

  it('does not take a look for a change', async () => {
    put('a');
    const { watcher } = watcherOf({ path: root, action: 'sync', target: '/app' });
    await watcher.scan();
    expect(await watcher.scan()).toEqual([]);
    chmodSync(join(root, 'a'), 0o755);
    expect(seen(await watcher.scan())).toEqual(['written a']);
    utimesSync(join(root, 'a'), 5, 5);
    expect(seen(await watcher.scan())).toEqual(['written a']);
    watcher.close();
  });

  it('neither reads nor watches a directory that is ignored', async () => {
    put('node_modules/x');
    put('a');
    const { watcher, events } = watcherOf({ path: root, action: 'sync', target: '/app', ignore: ['node_modules'] });
    expect(seen(await watcher.scan())).toEqual(['written a']);
    put('node_modules/y');
    put('b');
    await eventually('an event', () => events() > 0);
    expect(seen(await watcher.scan())).toEqual(['written b']);
    watcher.close();
  });

  it('follows a single file through being replaced', async () => {
    put('conf', 'one');
    const { watcher, events } = watcherOf({ path: join(root, 'conf'), action: 'sync', target: '/etc/conf' });
    expect(seen(await watcher.scan())).toEqual(['written ']);
    for (const text of ['two..', 'three..']) {
      const before = events();
      put('conf.new', text);
      renameSync(join(root, 'conf.new'), join(root, 'conf'));
      await eventually('an event', () => events() > before);
      expect(seen(await watcher.scan())).toEqual(['written ']);
    }
    watcher.close();
  });
});
