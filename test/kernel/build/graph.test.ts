import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BuildOptions } from '../../../src/engine-api/index.ts';
import { until } from '../containers/support.ts';
import { build, listing, openBuildLab, tarOf, tryBuild, writeFiles, type BuildLab, type Files } from './support.ts';

let lab: BuildLab;
beforeAll(async () => {
  lab = await openBuildLab();
});
afterAll(async () => {
  await lab?.close();
});

describe('stages', () => {
  it('run only when the target needs them', async () => {
    const Dockerfile = 'FROM busybox:test AS unused\nRUN false\nFROM busybox:test AS wanted\nRUN echo w > /t\nFROM unused AS last\nRUN false';
    const { text, image } = await build(lab, { Dockerfile }, { target: 'WANTED' });
    expect(text).toContain('Step 2/2 : RUN echo w > /t\n');
    expect(await listing(lab, image, '/t')).toEqual(['-0644 0:0 /t "w\\n"']);
    expect((await tryBuild(lab, { Dockerfile })).error?.code).toBe(1);
  });

  it('run at the same time when they do not need each other, and are told in order', async () => {
    const stage = (name: string, other: string): string => `FROM busybox:test AS ${name}\nRUN --mount=type=cache,target=/m,id=meet touch /m/${name}; for i in $(seq 100); do test -e /m/${other} && break; sleep 0.05; done; test -e /m/${other} && echo ${name} met\n`;
    const Dockerfile = `${stage('a', 'b')}${stage('b', 'a')}FROM scratch\nCOPY --from=a /etc/passwd /a\nCOPY --from=b /etc/passwd /b`;
    const { text } = await build(lab, { Dockerfile });
    expect(text.indexOf('a met')).toBeGreaterThan(0);
    expect(text.indexOf('b met')).toBeGreaterThan(text.indexOf('Step 3/7'));
    expect([...text.matchAll(/^Step (\d)\/7/gm)].map((match) => match[1])).toEqual(['1', '2', '3', '4', '5', '6', '7']);
  });

  it('inherit environment and ARGs from the stage they start from', async () => {
    const Dockerfile = 'ARG TAG=test\nFROM busybox:$TAG AS a\nARG X=1\nENV Y=2\nFROM a\nRUN echo "$X$Y" > /t\nARG TAG\nRUN echo "$TAG" >> /t';
    expect(await listing(lab, (await build(lab, { Dockerfile })).image, '/t')).toEqual(['-0644 0:0 /t "12\\ntest\\n"']);
  });

  it('cannot copy from a stage that comes later, which is no image either', async () => {
    const { error } = await tryBuild(lab, { Dockerfile: 'FROM busybox:test AS a\nCOPY --from=b /x /y\nFROM busybox:test AS b\nFROM a' });
    expect(error?.message).toContain('cannot copy from stage "b", it needs to be defined before current stage "a"');
  });

  it('stop at the first failure', async () => {
    const { error, text } = await tryBuild(lab, { Dockerfile: 'FROM busybox:test AS a\nRUN sleep 60\nFROM busybox:test AS b\nRUN echo broken; exit 3\nFROM a\nCOPY --from=b / /' });
    expect(error?.code).toBe(3);
    expect(text).toContain('broken');
    expect(text).toContain('Dockerfile:4\n');
  });

  it('can be built without their cache, one by one', async () => {
    const Dockerfile = 'FROM busybox:test AS a\nRUN echo a > /a\nFROM busybox:test AS b\nRUN echo b > /b\nFROM busybox:test\nCOPY --from=a /a /t/\nCOPY --from=b /b /t/';
    await build(lab, { Dockerfile });
    const { text } = await build(lab, { Dockerfile }, { extra: { noCacheFilter: ['A'] } });
    expect(/RUN echo a[^]*?Using cache/.exec(text)?.[0]).toContain('Running in');
    expect(text.match(/Using cache/g)).toHaveLength(3); // the copies see the same content again
  });
});

describe('images', () => {
  it('are the same, bit by bit, for the same SOURCE_DATE_EPOCH', async () => {
    const Dockerfile = 'FROM busybox:test\nRUN mkdir -p /x/y && date > /dev/null && echo 1 > /x/f\nCOPY a /x/\nWORKDIR /w\nCMD ["x"]';
    const options: BuildOptions = { noCache: true, buildArgs: { SOURCE_DATE_EPOCH: '1000000000' } };
    const context = (): Files => ({ a: 'same', Dockerfile });
    const first = await build(lab, context(), options);
    await until('the clock\'s next second', () => (Date.now() % 1000 < 50 ? true : undefined));
    const second = await build(lab, context(), options);
    expect(second.id).toBe(first.id);
    expect(first.image.config.created).toBe('2001-09-09T01:46:40.000Z');
    expect((await build(lab, context(), { noCache: true })).id).not.toBe(first.id);
  });

  it('get the client\'s labels without a trace in the history', async () => {
    const { image } = await build(lab, { Dockerfile: 'FROM busybox:test\nLABEL a=1 b=2' }, { labels: { b: '$x "3"' } });
    expect(image.config.config?.Labels).toEqual({ a: '1', b: '$x "3"' });
    expect(image.config.history).toHaveLength(2);
  });

  it('carry their cache along when asked to', async () => {
    const files = { a: 'carried', Dockerfile: 'FROM busybox:test\nRUN echo carried > /r\nCOPY a /a' };
    const first = await build(lab, files, { buildArgs: { BUILDKIT_INLINE_CACHE: '1' }, tags: ['carrier:1'] });
    await lab.runtime.images.pruneBuildCache({ all: true });
    const without = await build(lab, files, { tags: ['other:1'] });
    expect(without.text).not.toContain('Using cache');
    await lab.runtime.images.pruneBuildCache({ all: true });
    const again = await build(lab, files, { cacheFrom: ['carrier:1', 'type=gha'] });
    expect(again.text.match(/Using cache/g)).toHaveLength(2);
    expect(again.image.config.rootfs.diff_ids).toEqual(first.image.config.rootfs.diff_ids);
  });

  it('are told quietly', async () => {
    const { messages, text } = await tryBuild(lab, { Dockerfile: 'FROM busybox:test\nRUN echo hi' }, { quiet: true });
    expect(text).toMatch(/^sha256:[0-9a-f]{64}\n$/);
    expect(messages.filter((message) => message.stream !== undefined)).toHaveLength(1);
    expect((await tryBuild(lab, { Dockerfile: 'FROM busybox:test\nRUN exit 9' }, { quiet: true })).error?.code).toBe(9);
  });

  it('warn of build arguments that nothing declares', async () => {
    expect((await build(lab, { Dockerfile: 'FROM busybox:test\nARG USED' }, { buildArgs: { USED: '1', TYPO: '2' } })).text).toContain('[Warning] One or more build-args [TYPO] were not consumed\n');
  });

  it('are refused for another platform', async () => {
    await expect(tryBuild(lab, { Dockerfile: 'FROM busybox:test' }, { platform: 'linux/s390x' })).rejects.toThrow('cannot build for linux/s390x');
  });
});

describe('remote sources', () => {
  let server: Server;
  let url: string;
  let hits: string[] = [];
  let body = 'version 1\n';
  beforeAll(async () => {
    server = createServer((request, response) => {
      hits.push(`${request.url} ${request.headers['if-none-match'] ?? ''}`.trim());
      const etag = `"${body.length}-${body.slice(0, 9)}"`;
      if (request.url === '/missing') return response.writeHead(404).end();
      if (request.url === '/context.tar') return response.end(tarOf({ Dockerfile: 'FROM busybox:test\nCOPY f /t', f: 'remote\n' }));
      if (request.url === '/lone') return response.end('FROM busybox:test\nRUN echo lone > /t');
      if (request.headers['if-none-match'] === etag) return response.writeHead(304).end();
      return response.writeHead(200, { etag, 'last-modified': 'Wed, 01 Jan 2020 00:00:00 GMT' }).end(body);
    }).listen(0, '127.0.0.1');
    await until('server', () => (server.listening ? true : undefined));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  it('are fetched by ADD once per version', async () => {
    const Dockerfile = `FROM busybox:test\nADD ${url}/dir/file%20name /t/\nADD --chmod=644 ${url}/x /t/y`;
    const first = await build(lab, { Dockerfile });
    expect(await listing(lab, first.image, '/t')).toEqual(['d0755 0:0 /t', '-0600 0:0 /t/file name "version 1\\n"', '-0644 0:0 /t/y "version 1\\n"']);
    hits = [];
    expect((await build(lab, { Dockerfile })).id).toBe(first.id);
    expect(hits.every((hit) => hit.includes('"10-version 1"'))).toBe(true);
    body = 'version 2!\n';
    expect((await build(lab, { Dockerfile })).text).not.toContain('Using cache');
  });

  it('are checked against their checksum, and not asked for when it is known', async () => {
    const digest = execFileSync('sha256sum', { input: body, encoding: 'utf8' }).slice(0, 64);
    const Dockerfile = `FROM busybox:test\nADD --checksum=sha256:${digest} ${url}/sum /t`;
    await build(lab, { Dockerfile });
    hits = [];
    await build(lab, { Dockerfile }, { noCache: true });
    expect(hits).toEqual([]);
    expect((await tryBuild(lab, { Dockerfile: Dockerfile.replace(digest, '0'.repeat(64)) })).error?.message).toContain('digest mismatch');
    expect((await tryBuild(lab, { Dockerfile: `FROM busybox:test\nADD ${url}/missing /t` })).error?.message).toBe(`cannot fetch ${url}/missing: 404 Not Found`);
  });

  it('are fetched through the proxy that the machine names', async () => {
    const before = process.env['HTTP_PROXY'];
    process.env['HTTP_PROXY'] = url;
    hits = [];
    try {
      await build(lab, { Dockerfile: 'FROM busybox:test\nADD http://files.invalid/behind /t' });
      expect(hits[0]).toBe('http://files.invalid/behind');
    } finally {
      if (before === undefined) delete process.env['HTTP_PROXY'];
      else process.env['HTTP_PROXY'] = before;
    }
  });

  it('that nobody serves are named', async () => {
    const { error } = await tryBuild(lab, { Dockerfile: 'FROM busybox:test\nADD http://127.0.0.1:1/x /t' });
    expect(error?.message).toContain('Get "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused');
  });

  it('can be the context', async () => {
    for (const [remote, content] of [[`${url}/context.tar`, 'remote\\n'], [`${url}/lone`, 'lone\\n']]) {
      const messages = [];
      for await (const message of await lab.runtime.images.build({ remote: remote ?? '' }, undefined)) messages.push(message);
      const id = messages.map(({ aux }) => aux as { ID?: string } | undefined).find((aux) => aux?.ID)?.ID ?? JSON.stringify(messages);
      expect(await listing(lab, await lab.images.resolve(id), '/t')).toEqual([`-0644 0:0 /t "${content}"`]);
    }
  });

  it('can be git repositories, by branch, tag, commit and directory', async () => {
    const base = mkdtempSync(join(tmpdir(), 'tsc-git-'));
    const repository = join(base, 'r.git');
    const git = (...args: string[]): string => execFileSync('git', ['-C', repository, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { encoding: 'utf8' });
    execFileSync('git', ['init', '-q', '-b', 'main', repository]);
    writeFiles(repository, { Dockerfile: 'FROM busybox:test\nCOPY . /t', 'sub/f': 'main\n', evil: '-> /etc' });
    git('add', '.');
    git('commit', '-qm', '1');
    git('tag', '-a', 'v1', '-m', 'v1');
    writeFiles(repository, { 'sub/f': 'newer\n' });
    git('commit', '-qam', '2');
    git('update-server-info');
    const files = createServer((request, response) => {
      const path = join(base, 'r.git', '.git', (request.url ?? '').replace(/^\/r\.git/, '').replace(/\?.*/, ''));
      const content = statSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path) : undefined;
      if (content) response.end(content);
      else response.writeHead(404).end();
    }).listen(0, '127.0.0.1');
    try {
      await until('server', () => (files.listening ? true : undefined));
      const remote = `http://127.0.0.1:${(files.address() as AddressInfo).port}/r.git`;
      const added = async (what: string, flags = ''): Promise<string[]> => (await listing(lab, (await build(lab, { Dockerfile: `FROM busybox:test\nADD ${flags} ${remote}${what} /t` })).image, '/t')).filter((row) => !row.includes('.git/'));
      expect(await added('#v1:sub')).toEqual(['d0755 0:0 /t', '-0644 0:0 /t/f "main\\n"']);
      expect(await added('#main:sub')).toEqual(['d0755 0:0 /t', '-0644 0:0 /t/f "newer\\n"']);
      expect(await added(`#${git('rev-parse', 'v1^{}').trim()}:sub`)).toEqual(['d0755 0:0 /t', '-0644 0:0 /t/f "main\\n"']);
      expect((await added('', '--keep-git-dir=true')).some((row) => row.endsWith(' /t/.git'))).toBe(true);
      expect((await tryBuild(lab, { Dockerfile: `FROM busybox:test\nADD ${remote}#main:evil /t` })).error?.message).toContain('has no directory');
      expect((await tryBuild(lab, { Dockerfile: `FROM busybox:test\nADD ${remote}#nope /t` })).error?.message).toContain('has no nope');
    } finally {
      files.close();
      rmSync(base, { recursive: true });
    }
  });
});

describe('--check', () => {
  it('lints without building', async () => {
    const { text, error, aux } = await tryBuild(lab, { '.dockerignore': 'hidden', hidden: '', Dockerfile: 'FROM busybox:test as x\nUSER $NOPE\nCOPY hidden /\nCMD true' }, { extra: { check: true } });
    expect(aux.flatMap((one) => one.findings ?? []).map(({ rule, line }) => `${rule}:${line}`)).toEqual(['FromAsCasing:1', 'UndefinedVar:2', 'CopyIgnoredFile:3', 'JSONArgsRecommended:4']);
    expect(text).toContain("WARNING: FromAsCasing - 'as' and 'FROM' keywords' casing do not match\nDockerfile:1\n > 1 | FROM busybox:test as x\n");
    expect(error).toEqual({ code: 1, message: '4 warnings have been found!' });
    expect((await tryBuild(lab, { Dockerfile: 'FROM busybox:test' }, { extra: { check: true } })).text).toBe('Check complete, no warnings found.\n');
  });

  it('is part of the build where the file says so', async () => {
    const Dockerfile = '# check=error=true\nFROM busybox:test\nCMD true';
    await expect(tryBuild(lab, { Dockerfile })).rejects.toThrow('lint violation found for rules: JSONArgsRecommended');
    await build(lab, { Dockerfile: Dockerfile.replace('true\nFROM', 'true;skip=JSONArgsRecommended\nFROM') });
  });
});

describe('the cache', () => {
  it('is listed, pruned, and never leaves an image without its layers', async () => {
    const { image } = await build(lab, { Dockerfile: 'FROM busybox:test\nRUN echo pruned > /p\nRUN --mount=type=cache,target=/c echo > /c/x' }, { tags: ['kept:1'] });
    await build(lab, { Dockerfile: 'FROM busybox:test\nRUN head -c 100000 /dev/urandom > /big' }, { tags: ['gone:1'] });
    await lab.runtime.images.remove('gone:1', { force: true });
    const report = await lab.runtime.images.pruneBuildCache();
    expect(report.CachesDeleted?.length).toBeGreaterThan(0);
    expect((await build(lab, { Dockerfile: 'FROM busybox:test\nRUN echo pruned > /p' })).text).toContain('Using cache');
    await lab.runtime.images.pruneBuildCache({ all: true });
    expect((await build(lab, { Dockerfile: 'FROM busybox:test\nRUN echo pruned > /p' }, {})).text).not.toContain('Using cache');
    expect(await listing(lab, image, '/p')).toEqual(['-0644 0:0 /p "pruned\\n"']);
  });

  it('survives a restart of the engine', async () => {
    const files = { a: 'restart', Dockerfile: 'FROM busybox:test\nCOPY a /\nRUN echo restart > /r' };
    const { id } = await build(lab, files);
    await lab.reopen();
    const again = await build(lab, files);
    expect(again.id).toBe(id);
    expect(again.text.match(/Using cache/g)).toHaveLength(2);
  });
});
