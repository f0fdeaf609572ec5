import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProgressMessage } from '../../../../src/engine-api/index.ts';
import { FileStore, StatDigestCache } from '../../../../src/runtime/build/context/index.ts';
import { parseDockerfile } from '../../../../src/runtime/build/dockerfile/index.ts';
import { isArchive } from '../../../../src/runtime/build/solve/archives.ts';
import { parseGitReference } from '../../../../src/runtime/build/solve/git.ts';
import { BuildOutput } from '../../../../src/runtime/build/solve/output.ts';
import { planStages } from '../../../../src/runtime/build/solve/stage-plan.ts';
import { cacheKey, StepCache } from '../../../../src/runtime/build/solve/step-cache.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsc-solve-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

describe('planStages', () => {
  const plan = (text: string, target?: string, args: Record<string, string> = {}): string =>
    planStages(parseDockerfile(text), { buildArgs: new Map(Object.entries(args)), global: new Map(Object.entries(args)), escape: '\\' }, target)
      .needed.map(({ index, name }) => name ?? String(index))
      .join(' ');
  const file = 'FROM x AS a\nFROM x AS b\nFROM a AS c\nCOPY --from=b / /\nFROM x AS d\nRUN --mount=from=c,target=/c true\nFROM x\nCOPY --from=0 / /';

  it('takes the target with all that it stands on or copies from', () => {
    expect(plan(file)).toBe('a 4');
    expect(plan(file, 'd')).toBe('a b c d');
    expect(plan(file, 'C')).toBe('a b c');
    expect(plan(file, '1')).toBe('b');
  });

  it('sees stages that a variable names', () => {
    const text = 'ARG BASE=a\nFROM x AS a\nFROM x AS b\nFROM $BASE\nARG SRC=b\nCOPY --from=${SRC} / /';
    expect(plan(text, undefined, { BASE: 'a' })).toBe('a b 2');
    expect(plan(text, undefined, { BASE: 'b', SRC: 'b' })).toBe('b 2');
  });

  it('means the last stage of a name before the one that asks, never a later one', () => {
    expect(plan('FROM x AS a\nFROM a AS a\nFROM a')).toBe('a a 2');
    expect(plan('FROM later\nFROM x AS later', '0')).toBe('0');
  });

  it('numbers the steps of what is built', () => {
    const { firstStep, totalSteps } = planStages(parseDockerfile('ARG A\nFROM x AS unused\nRUN 1\nFROM x AS a\nRUN 2\nFROM a\nRUN 3'), { buildArgs: new Map(), global: new Map(), escape: '\\' }, undefined);
    expect([...firstStep]).toEqual([[1, 2], [2, 4]]);
    expect(totalSteps).toBe(5);
  });

  it('tells the names that there are', () => {
    expect(() => plan(file, 'nope')).toThrow('target stage "nope" could not be found; the stages are a, b, c, d');
  });
});

describe('BuildOutput', () => {
  it('tells stages one after the other, whoever comes first', () => {
    const said: ProgressMessage[] = [];
    const output = new BuildOutput((message) => said.push(message), [0, 2], 9, false);
    output.channel(2).line('c1');
    output.channel(0).line('a1');
    output.channel(2).line('c2');
    output.finish(2);
    output.channel(0).line('a2');
    output.finish(0);
    output.say({ stream: 'end' });
    expect(said.map(({ stream }) => stream)).toEqual(['a1\n', 'a2\n', 'c1\n', 'c2\n', 'end']);
  });

  it('ends a failure with the stage that failed', () => {
    const said: ProgressMessage[] = [];
    const output = new BuildOutput((message) => said.push(message), [0, 1, 2], 9, false);
    for (const stage of [2, 1]) output.channel(stage).line(`s${stage}`);
    output.flush(1);
    expect(said.map(({ stream }) => stream)).toEqual(['s2\n', 's1\n']);
  });
});

describe('StepCache', () => {
  const record = { createdAt: '2020-01-01T00:00:00Z', description: 'RUN x', size: 1, layer: 'sha256:1' };

  it('remembers over restarts, and survives a torn file', () => {
    const cache = new StepCache(directory);
    const key = cacheKey(['x']);
    cache.put(key, record);
    writeFileSync(join(directory, `${cacheKey(['torn'])}.json`), '{"createdAt"');
    const again = new StepCache(directory);
    expect(again.get(key)).toEqual(record);
    expect(again.get(cacheKey(['torn']))).toBeUndefined();
    expect(new StepCache(directory).layers()).toEqual(['sha256:1']);
  });

  it('keeps the time of the last use', () => {
    const cache = new StepCache(directory);
    const key = cacheKey(['x']);
    cache.put(key, record);
    utimesSync(join(directory, `${key}.json`), 1000, 1000);
    expect(cache.list()[0]?.lastUsedMs).toBe(1_000_000);
    cache.get(key);
    expect(cache.list()[0]?.lastUsedMs).toBeGreaterThan(Date.now() - 10_000);
    cache.remove(key);
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe('FileStore', () => {
  const put = (store: FileStore, ...chunks: Buffer[]): string => {
    const writer = store.writer();
    for (const chunk of chunks) writer.write(chunk);
    return writer.finish();
  };

  it('stores equal contents once, small and large', () => {
    const store = new FileStore(directory);
    const large = [Buffer.alloc(800_000, 1), Buffer.alloc(800_000, 2)];
    const first = put(store, ...large);
    const inode = statSync(store.path(first)).ino;
    expect(put(store, ...large)).toBe(first);
    expect(statSync(store.path(first))).toMatchObject({ ino: inode, size: 1_600_000 });
    expect(put(store)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(readdirSync(directory).every((name) => /^[0-9a-f]{2}$/.test(name))).toBe(true);
  });

  it('does not trust a file of the wrong size', () => {
    const store = new FileStore(directory);
    const digest = put(store, Buffer.from('whole'));
    writeFileSync(store.path(digest), '');
    expect(store.has(digest, 5)).toBe(false);
    expect(put(store, Buffer.from('whole'))).toBe(digest);
    expect(store.has(digest, 5)).toBe(true);
  });

  it('leaves nothing of a file that was not finished', () => {
    const writer = new FileStore(directory).writer();
    writer.write(Buffer.alloc(3_000_000));
    writer.abort();
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe('StatDigestCache', () => {
  const file = (): string => join(directory, 'f');
  const stats = () => statSync(file());

  it('knows a file again by all that stat says', () => {
    writeFileSync(file(), 'x');
    const old = { ...stats(), mtimeMs: 5, ctimeMs: 6 } as ReturnType<typeof stats>;
    const cache = new StatDigestCache(join(directory, 'cache'), '/context');
    cache.set('f', old, 'd1');
    cache.save();
    const again = new StatDigestCache(join(directory, 'cache'), '/context');
    expect(again.get('f', old)).toBe('d1');
    for (const change of [{ size: 9 }, { mtimeMs: 5.001 }, { ctimeMs: 7 }, { ino: 1 }]) expect(again.get('f', { ...old, ...change } as typeof old)).toBeUndefined();
    expect(new StatDigestCache(join(directory, 'cache'), '/other').get('f', old)).toBeUndefined();
  });

  it('does not remember what has only just been written: the next write could leave the same times', () => {
    writeFileSync(file(), 'x');
    const cache = new StatDigestCache(join(directory, 'cache'), '/context');
    cache.set('f', stats(), 'd1');
    expect(cache.get('f', stats())).toBeUndefined();
  });
});

describe('parseGitReference', () => {
  it.each([
    ['https://host/x.git', 'https://host/x.git', undefined, ''],
    ['https://host/x.git#v1', 'https://host/x.git', 'v1', ''],
    ['https://host/x.git#:dir/', 'https://host/x.git', undefined, 'dir'],
    ['https://host/x.git#main:../../etc', 'https://host/x.git', 'main', 'etc'],
    ['git@host:me/x.git#a', 'git@host:me/x.git', 'a', ''],
    ['git://host/x', 'git://host/x', undefined, ''],
    ['ssh://git@host/x', 'ssh://git@host/x', undefined, ''],
    ['github.com/me/x#b', 'https://github.com/me/x', 'b', ''],
  ])('%s', (text, url, ref, path) => {
    expect(parseGitReference(text)).toEqual({ url, ref, directory: path });
  });

  it('leaves files, archives and options alone', () => {
    for (const text of ['a.txt', 'https://host/x.tar.gz', './x.git', 'git://--upload-pack=x/y', '-oProxyCommand=x', 'git@host:--x']) expect(parseGitReference(text), text).toBeUndefined();
  });
});

describe('isArchive', () => {
  it('looks at the content', async () => {
    const check = async (content: Buffer): Promise<boolean> => {
      writeFileSync(join(directory, 'f'), content);
      return isArchive(join(directory, 'f'));
    };
    expect(await check(Buffer.from('text'))).toBe(false);
    expect(await check(Buffer.alloc(10240))).toBe(false);
    expect(await check(Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.from('damaged')]))).toBe(false);
  });
});
