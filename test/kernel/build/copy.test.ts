import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getXattr } from '../../../src/runtime/host/file-calls.ts';
import { bytePathOf } from '../../../src/runtime/host/byte-path.ts';
import { tar } from '../images/tars.ts';
import { build, listing, openBuildLab, tarOf, tryBuild, withImageFiles, writeFiles, type BuildLab, type Files } from './support.ts';

let lab: BuildLab;
beforeAll(async () => {
  lab = await openBuildLab();
});
afterAll(async () => {
  await lab?.close();
});

/** A context like the one with which BuildKit's behaviour was recorded. */
const context: Files = {
  'a.txt': 'a\n',
  'b.txt': 'b\n',
  'ab.txt': 'ab\n',
  'd/x': { text: 'x\n', mode: 0o600 },
  'd/sub/s': 's\n',
  'd/dl': '-> sub',
  link: '-> a.txt',
  dlink: '-> d',
  dangling: '-> nowhere',
  'sp ace/f': '',
};

const result = async (dockerfile: string, path = '/t', files: Files = context): Promise<string[]> => {
  const { image } = await build(lab, { ...files, Dockerfile: `FROM busybox:test\n${dockerfile}` });
  return listing(lab, image, path);
};
const failure = async (dockerfile: string): Promise<string> => (await tryBuild(lab, { ...context, Dockerfile: `FROM busybox:test\n${dockerfile}` })).error?.message ?? 'it was built';

const D = ['l0777 0:0 /t/dl -> sub', 'd0755 0:0 /t/sub', '-0644 0:0 /t/sub/s "s\\n"', '-0600 0:0 /t/x "x\\n"'];

describe('COPY', () => {
  it.each<[string, string[]]>([
    ['COPY a.txt /t', ['-0644 0:0 /t "a\\n"']],
    ['COPY a.txt b.txt /t/', ['d0755 0:0 /t', '-0644 0:0 /t/a.txt "a\\n"', '-0644 0:0 /t/b.txt "b\\n"']],
    ['COPY d /t', ['d0755 0:0 /t', ...D]],
    ['COPY d/ /t', ['d0755 0:0 /t', ...D]],
    ['COPY dlink/. /t', ['d0755 0:0 /t', ...D]],
    ['COPY nothing* /t/', []],
    ['COPY a* /t/', ['d0755 0:0 /t', '-0644 0:0 /t/a.txt "a\\n"', '-0644 0:0 /t/ab.txt "ab\\n"']],
    ['COPY [ab].txt /t/', ['d0755 0:0 /t', '-0644 0:0 /t/a.txt "a\\n"', '-0644 0:0 /t/b.txt "b\\n"']],
    ['COPY **/s /t/', ['d0755 0:0 /t', '-0644 0:0 /t/s "s\\n"']],
    ['COPY ../../a.txt /t/up', ['d0755 0:0 /t', '-0644 0:0 /t/up "a\\n"']],
    ['COPY link /t/', ['d0755 0:0 /t', '-0644 0:0 /t/link "a\\n"']],
    ['COPY ["sp ace", "/t/sp ace/"]', ['d0755 0:0 /t', 'd0755 0:0 /t/sp ace', '-0644 0:0 /t/sp ace/f ""']],
    ['RUN mkdir -p /t/e\nCOPY a.txt /t/e', ['d0755 0:0 /t', 'd0755 0:0 /t/e', '-0644 0:0 /t/e/a.txt "a\\n"']],
    ['RUN mkdir /t\nCOPY a* /t', ['d0755 0:0 /t', '-0644 0:0 /t/a.txt "a\\n"', '-0644 0:0 /t/ab.txt "ab\\n"']],
    ['WORKDIR /t\nCOPY a* .', ['d0755 0:0 /t', '-0644 0:0 /t/a.txt "a\\n"', '-0644 0:0 /t/ab.txt "ab\\n"']],
    ['WORKDIR /t/w\nCOPY b.txt z\nCOPY b.txt ../q/', ['d0755 0:0 /t', 'd0755 0:0 /t/q', '-0644 0:0 /t/q/b.txt "b\\n"', 'd0755 0:0 /t/w', '-0644 0:0 /t/w/z "b\\n"']],
    ['COPY --chmod=751 --chown=3:4 d /t/n/', ['d0755 3:4 /t', 'd0755 3:4 /t/n', 'l0777 3:4 /t/n/dl -> sub', 'd0751 3:4 /t/n/sub', '-0751 3:4 /t/n/sub/s "s\\n"', '-0751 3:4 /t/n/x "x\\n"']],
    ['COPY --chmod=u=rwX,go= d /t', ['d0755 0:0 /t', 'l0777 0:0 /t/dl -> sub', 'd0700 0:0 /t/sub', '-0600 0:0 /t/sub/s "s\\n"', '-0600 0:0 /t/x "x\\n"']],
    ['COPY --chown=ann a.txt /t/1\nCOPY --chown=ann:staff a.txt /t/2\nCOPY --chown=5 a.txt /t/3\nCOPY --chown=:staff a.txt /t/4', ['d0755 1000:1001 /t', '-0644 1000:1001 /t/1 "a\\n"', '-0644 1000:50 /t/2 "a\\n"', '-0644 5:5 /t/3 "a\\n"', '-0644 0:50 /t/4 "a\\n"']],
    ['COPY --exclude=*.txt --exclude=d/sub . /t', ['d0755 0:0 /t', '-0644 0:0 /t/Dockerfile', 'd0755 0:0 /t/d', 'l0777 0:0 /t/d/dl -> sub', '-0600 0:0 /t/d/x "x\\n"', 'l0777 0:0 /t/dangling -> nowhere', 'l0777 0:0 /t/dlink -> d', 'l0777 0:0 /t/link -> a.txt', 'd0755 0:0 /t/sp ace', '-0644 0:0 /t/sp ace/f ""']],
    ['COPY --parents d/sub/s a.txt /t/', ['d0755 0:0 /t', '-0644 0:0 /t/a.txt "a\\n"', 'd0755 0:0 /t/d', 'd0755 0:0 /t/d/sub', '-0644 0:0 /t/d/sub/s "s\\n"']],
    ['COPY --parents d/./sub/s /t/', ['d0755 0:0 /t', 'd0755 0:0 /t/sub', '-0644 0:0 /t/sub/s "s\\n"']],
    ['COPY --parents **/s /t/', ['d0755 0:0 /t', 'd0755 0:0 /t/d', 'd0755 0:0 /t/d/sub', '-0644 0:0 /t/d/sub/s "s\\n"']],
    ['ENV V=world\nCOPY <<EOF <<"RAW" /t/\nhello $V "q" \\$V\nEOF\n$V\nRAW\nCOPY --chmod=700 <<X /t/s\nX', ['d0755 0:0 /t', '-0644 0:0 /t/EOF "hello world \\"q\\" $V\\n"', '-0644 0:0 /t/RAW "$V\\n"', '-0700 0:0 /t/s ""']],
  ])('%j', async (dockerfile, expected) => {
    const rows = await result(dockerfile);
    expect(rows.map((row) => row.replace(/(\/Dockerfile) .*/, '$1'))).toEqual(expected);
  });

  it('follows symlinks of the destination inside the image only', async () => {
    expect(await result('RUN mkdir -p /t/e && ln -s e /t/l && ln -s e/zz /t/lf && ln -s /t/q/w /t/ln && ln -s ../../../../../../../t/up /t/far\nCOPY a.txt /t/l\nCOPY b.txt /t/l/\nCOPY ab.txt /t/lf\nCOPY a.txt /t/ln\nCOPY b.txt /t/far')).toEqual([
      'd0755 0:0 /t', 'd0755 0:0 /t/e', '-0644 0:0 /t/e/a.txt "a\\n"', '-0644 0:0 /t/e/b.txt "b\\n"', '-0644 0:0 /t/e/zz "ab\\n"',
      'l0777 0:0 /t/far -> ../../../../../../../t/up', 'l0777 0:0 /t/l -> e', 'l0777 0:0 /t/lf -> e/zz', 'l0777 0:0 /t/ln -> /t/q/w',
      'd0755 0:0 /t/q', '-0644 0:0 /t/q/w "a\\n"', '-0644 0:0 /t/up "b\\n"',
    ]);
  });

  it('gives existing directories below the destination the source\'s attributes, but not the destination itself', async () => {
    expect(await result('RUN mkdir -p /t/sub && chmod 777 /t /t/sub && chown 9:9 /t /t/sub && ln -s /t/q /t/x\nCOPY --chown=1:2 d /t/')).toEqual([
      'd0777 9:9 /t', 'l0777 1:2 /t/dl -> sub', 'd0755 1:2 /t/sub', '-0644 1:2 /t/sub/s "s\\n"', '-0600 1:2 /t/x "x\\n"',
    ]);
  });

  it('breaks hard links instead of writing through them', async () => {
    expect(await result('RUN mkdir /t && echo old > /t/a.txt && ln /t/a.txt /t/other\nCOPY a.txt /t/')).toEqual(['d0755 0:0 /t', '-0644 0:0 /t/a.txt "a\\n"', '-0644 0:0 /t/other "old\\n"']);
  });

  it.each([
    ['COPY nope /t/', 'COPY failed: file not found in build context or excluded by .dockerignore: stat nope: file does not exist'],
    ['COPY dangling /t/', 'file does not exist'],
    ['COPY a.txt b.txt /t', 'When using COPY with more than one source file, the destination must be a directory and end with a /'],
    ['RUN echo > /t\nCOPY d /t', 'cannot copy to non-directory: /t'],
    ['RUN mkdir -p /t/x\nCOPY d /t', 'cannot replace directory /t/x with a file'],
    ['RUN mkdir /t && ln -s / /t/sub\nCOPY d /t', 'cannot copy to non-directory: /t/sub'],
    ['COPY --chown=nobody-here a.txt /t', "unable to find user nobody-here: no matching entry in the image's /etc/passwd"],
    ['COPY --chmod=99 a.txt /t', 'invalid chmod parameter: "99"'],
    ['COPY --from=no-such-stage:x a /t', 'no-such-stage'],
  ])('%j fails: %s', async (dockerfile, message) => {
    expect(await failure(dockerfile)).toContain(message);
  });

  it('keeps owners and times from a stage, and finds it in the cache', async () => {
    const dockerfile = 'FROM busybox:test AS one\nRUN mkdir -m 700 -p /s/dd && echo 1 > /s/f && chown 7:8 /s/f && chown 1:1 /s/dd && touch -d 2019-01-01 /s/f\nFROM busybox:test\nCOPY --from=one /s /t/\nCOPY --from=0 /s/f /t/new/\nCOPY --from=busybox:test /etc/group /t/g';
    const first = await build(lab, { Dockerfile: dockerfile });
    expect(await listing(lab, first.image, '/t')).toEqual(['d0755 0:0 /t', 'd0700 1:1 /t/dd', '-0644 7:8 /t/f "1\\n"', '-0644 0:0 /t/g "root:x:0:\\nann:x:1001:\\nstaff:x:50:ann\\n"', 'd0755 0:0 /t/new', '-0644 7:8 /t/new/f "1\\n"']);
    const again = await build(lab, { Dockerfile: dockerfile });
    expect(again.id).toBe(first.id);
    expect(again.text.match(/Using cache/g)).toHaveLength(4);
  });

  it('copies a stage again only when what it takes has changed', async () => {
    const dockerfile = (noise: string): string => `FROM busybox:test AS one\nRUN echo same > /kept && echo ${noise} > /noise\nFROM busybox:test\nCOPY --from=one /kept /t/\nRUN echo after`;
    await build(lab, { Dockerfile: dockerfile('1') });
    expect((await build(lab, { Dockerfile: dockerfile('2') })).text.match(/Using cache/g)).toHaveLength(2);
  });

  it('makes layers of --link that do not depend on what is below', async () => {
    const dockerfile = (below: string): string => `FROM busybox:test\nRUN echo ${below} > /below\nCOPY --link --chown=ann a.txt /t/x/`;
    const first = await build(lab, { ...context, Dockerfile: dockerfile('1') });
    const second = await build(lab, { ...context, Dockerfile: dockerfile('2') });
    expect(second.text.match(/Using cache/g)).toHaveLength(1);
    expect(second.image.config.rootfs.diff_ids.at(-1)).toBe(first.image.config.rootfs.diff_ids.at(-1));
    expect(await listing(lab, second.image, '/t')).toEqual(['d0755 1000:1001 /t', 'd0755 1000:1001 /t/x', '-0644 1000:1001 /t/x/a.txt "a\\n"']);
  });
});

describe('.dockerignore', () => {
  it('hides Dockerfile and itself when they are excluded, though the client sends them', async () => {
    expect(await result('COPY . /t', '/t', { '.dockerignore': 'Dockerfile\n.dockerignore\n', f: '' })).toEqual(['d0755 0:0 /t', '-0644 0:0 /t/f ""']);
    expect(await failure('COPY .dockerfile.0123456789abcdef0123 /t')).toContain('does not exist');
  });
});

describe('ADD', () => {
  const archive = tarOf({ 'tt/t1': 't1\n', 'tt/tl': '-> t1' });
  const compressed = (program: string): Buffer => execFileSync(program, ['-c'], { input: archive });

  it('unpacks archives, compressed or not, and nothing else', async () => {
    const files = { 'x.tar': archive, 'x.tgz': compressed('gzip'), 'x.txz': compressed('xz'), 'x.tbz': compressed('bzip2'), 'fake.tar.gz': 'no archive\n', 'text.gz': execFileSync('gzip', ['-c'], { input: 'text' }) };
    const rows = await result('ADD x.tar /t/a\nADD x.tgz /t/b/\nADD --chown=9:9 x.txz /t/c\nADD x.tbz /t/d\nADD fake.tar.gz /t/fake\nADD --unpack=false x.tar /t/kept', '/t', files);
    expect(rows.map((row) => row.split(' ').slice(0, 3).join(' '))).toEqual([
      'd0755 0:0 /t',
      ...['a', 'b'].flatMap((at) => [`d0755 0:0 /t/${at}`, `d0755 0:0 /t/${at}/tt`, `-0644 0:0 /t/${at}/tt/t1`, `l0777 0:0 /t/${at}/tt/tl`]),
      'd0755 9:9 /t/c', 'd0755 0:0 /t/c/tt', '-0644 0:0 /t/c/tt/t1', 'l0777 0:0 /t/c/tt/tl',
      'd0755 0:0 /t/d', 'd0755 0:0 /t/d/tt', '-0644 0:0 /t/d/tt/t1', 'l0777 0:0 /t/d/tt/tl',
      '-0644 0:0 /t/fake', '-0644 0:0 /t/kept',
    ]);
    expect(await result('ADD text.gz /t', '/t', files)).toHaveLength(1);
  });

  it('lets what comes out of an archive replace what stands in its way, and merges only directories', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tsc-archive-'));
    try {
      writeFiles(directory, { 'merged/new': 'n', 'lib/in': 'i', 'was-dir': 'f', 'was-link': 'l' });
      const archive = execFileSync('tar', ['-C', directory, '--owner=0', '--group=0', '-c', '.']);
      const before = 'RUN mkdir -p /t/merged /t/was-dir/deep /t/real && echo o > /t/merged/old && ln -s real /t/lib && ln -s real /t/was-link';
      const rows = await result(`${before}\nADD x.tar /t`, '/t', { 'x.tar': archive });
      expect(rows).toEqual([
        'd0755 0:0 /t', 'd0755 0:0 /t/lib', '-0644 0:0 /t/lib/in "i"', 'd0755 0:0 /t/merged', '-0644 0:0 /t/merged/new "n"', '-0644 0:0 /t/merged/old "o\\n"',
        'd0755 0:0 /t/real', '-0644 0:0 /t/was-dir "f"', '-0644 0:0 /t/was-link "l"',
      ]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('keeps extended attributes of files and directories, out of archives and from stages', async () => {
    const xattrs = new Map([['user.note', Buffer.from('kept')]]);
    const Dockerfile = 'FROM busybox:test AS a\nADD x.tar /t\nFROM busybox:test\nCOPY --from=a /t /u';
    const { image } = await build(lab, { Dockerfile, 'x.tar': tar([{ path: 'd/', xattrs }, { path: 'd/f', xattrs, content: 'f' }]) });
    expect(await withImageFiles(lab, image, (root) => ['u/d', 'u/d/f'].map((path) => getXattr(bytePathOf(join(root, path)), 'user.note')?.toString()))).toEqual(['kept', 'kept']);
  });

  it('cannot be led out of the image by an archive', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tsc-evil-'));
    try {
      writeFiles(directory, { 'out/': '', link: '-> /out', 'up/': '' });
      const evil = execFileSync('tar', ['-C', directory, '--transform=s,^up,../../../../escaped,', '-Pc', 'up']);
      expect((await tryBuild(lab, { 'e.tar': evil, Dockerfile: 'FROM busybox:test\nADD e.tar /t' })).error?.message).toContain('leaves its root');
      const { error } = await tryBuild(lab, Readable.from([evil]), {}).catch((cause: Error) => ({ error: cause }));
      expect(error?.message).toContain('leaves its root');
    } finally {
      rmSync(directory, { recursive: true });
    }
    expect(existsSync('/escaped')).toBe(false);
  });
});
