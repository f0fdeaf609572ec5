import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../containers/support.ts';
import { build, listing, openBuildLab, tryBuild, type BuildLab, type Files } from './support.ts';

let lab: BuildLab;
beforeAll(async () => {
  lab = await openBuildLab();
});
afterAll(async () => {
  await lab?.close();
});

/** Output of the RUN commands of a build, one line each. */
async function output(dockerfile: string, files: Files = {}, options: Parameters<typeof build>[2] = {}): Promise<string[]> {
  const { text } = await build(lab, { ...files, Dockerfile: `FROM busybox:test\n${dockerfile}` }, options);
  return text.split('\n').filter((line) => line.startsWith('> '));
}

const b64 = (text: string): string => Buffer.from(text).toString('base64');

describe('RUN', () => {
  it('sees ENV, ARGs and proxies, each with its own rules', async () => {
    const rows = await output('ENV A=env\nARG A=arg\nARG B=default C\nARG D\nRUN echo "> $A $B $C $D $http_proxy"', {}, { buildArgs: { B: 'given', C: 'c', http_proxy: 'http://p', A: 'cli' } });
    expect(rows).toEqual(['> cli given c  http://p']);
    expect(await output('ARG A=arg\nENV A=env\nRUN echo "> $A $HTTP_PROXY"', {}, { buildArgs: { A: 'cli', http_proxy: 'http://p' } })).toEqual(['> env http://p']);
  });

  it('keeps the proxy out of the history and the cache', async () => {
    const dockerfile = 'FROM busybox:test\nARG X=1\nRUN echo proxied > /f';
    const first = await build(lab, { Dockerfile: dockerfile }, { buildArgs: { HTTPS_PROXY: 'http://secret@one' } });
    expect(JSON.stringify(first.image.config)).not.toContain('secret');
    expect(first.image.config.history?.at(-1)?.created_by).toBe('RUN |1 X=1 /bin/sh -c echo proxied > /f # buildkit');
    const second = await build(lab, { Dockerfile: dockerfile }, { buildArgs: { HTTPS_PROXY: 'http://secret@two' } });
    expect(second.text).toContain('Using cache');
    expect((await build(lab, { Dockerfile: dockerfile }, { buildArgs: { X: '2' } })).text).not.toContain('Using cache');
  });

  it('runs as USER in WORKDIR with the shell of SHELL', async () => {
    expect(await output('USER ann\nWORKDIR /home/ann/w\nSHELL ["/bin/sh", "-x", "-c"]\nRUN echo "> $(id -u):$(id -g) $PWD $HOME"')).toEqual(['> 1000:1001 /home/ann/w /home/ann']);
    expect(await output('USER 4321\nRUN echo "> $(id -u) $HOME"')).toEqual(['> 4321 /']);
    const { image } = await build(lab, { Dockerfile: 'FROM busybox:test\nUSER ann\nWORKDIR /made/by/ann' });
    expect(await listing(lab, image, '/made')).toEqual(['d0755 1000:1001 /made', 'd0755 1000:1001 /made/by', 'd0755 1000:1001 /made/by/ann']);
  });

  it('takes heredocs: whole, with an interpreter, and as the shell reads them', async () => {
    expect(await output('RUN <<EOF\necho "> one"\nx=2; echo "> $x"\nEOF')).toEqual(['> one', '> 2']);
    expect(await output('RUN <<"EOF"\n#!/bin/awk -f\nBEGIN { print "> awk" }\nEOF')).toEqual(['> awk']);
    expect(await output("RUN cat <<A <<'B' | sed 's/^/> /'\nunused\nA\nlast $HOME\nB")).toEqual(['> last $HOME']);
    expect(await output('RUN <<-EOF\n\techo "> tab"\n\tEOF')).toEqual(['> tab']);
  });

  it('has the network that was asked for', async () => {
    const links = 'RUN echo "> $(ls /sys/class/net | tr "\\n" " ")"';
    expect(await output(`${links.replace('RUN', 'RUN --network=none')}`)).toEqual(['> lo ']);
    expect((await output(links))[0]).toContain('eth0');
    expect((await tryBuild(lab, { Dockerfile: 'FROM busybox:test\nRUN --network=host true' })).error?.message).toContain('network.host');
    expect(await output('RUN --network=host echo "> host"', {}, { extra: { entitlements: ['network.host'] } })).toEqual(['> host']);
    expect(await output('RUN echo "> $(grep known /etc/hosts)"', {}, { extraHosts: ['known:10.9.8.7'] })).toEqual([expect.stringContaining('10.9.8.7')]);
  });

  it('is confined like a container', async () => {
    expect(await output('RUN echo "> $(grep CapEff /proc/self/status) $(grep "^Seccomp:" /proc/self/status)"')).toEqual(['> CapEff:\t00000000a80425fb Seccomp:\t2']);
    expect((await tryBuild(lab, { Dockerfile: 'FROM busybox:test\nRUN --security=insecure true' })).error?.message).toContain('security.insecure');
    expect(await output('RUN --security=insecure echo "> $(grep "^Seccomp:" /proc/self/status)"', {}, { extra: { entitlements: ['security.insecure'] } })).toEqual(['> Seccomp:\t0']);
  });

  it('ends with 127 for a command that is not there', async () => {
    expect((await tryBuild(lab, { Dockerfile: 'FROM busybox:test\nRUN ["/nope"]' })).error).toMatchObject({ code: 127 });
  });

  it('leaves no layer when it changes nothing, also with mounts', async () => {
    const { image } = await build(lab, { Dockerfile: 'FROM busybox:test\nRUN true\nRUN --mount=type=tmpfs,target=/new/place --mount=type=cache,target=/var/cache/deep true\nRUN --mount=type=secret,id=s,target=/root/s true' }, { extra: { secrets: { s: b64('x') } } });
    expect(image.config.rootfs.diff_ids).toHaveLength(1);
    expect(image.config.history?.slice(-3).map((entry) => entry.empty_layer)).toEqual([true, true, true]);
  });
});

describe('RUN --mount', () => {
  it('binds the context, a stage or an image, and drops what is written', async () => {
    const files = { 'src/a': 'from context\n', lone: 'file\n' };
    const stages = 'RUN mkdir /s && echo "from stage" > /s/f\nFROM busybox:test\n';
    expect(
      await output(
        `${stages}RUN --mount=target=/ctx --mount=source=lone,target=/one --mount=from=0,source=/s,target=/st --mount=from=busybox:test,target=/img,rw ` +
          'echo "> $(cat /ctx/src/a) $(cat /one) $(cat /st/f)"; touch /ctx/x 2>/dev/null || echo "> ro"; touch /img/x && echo "> rw"',
        files,
      ),
    ).toEqual(['> from context file from stage', '> ro', '> rw']);
    const { image } = await build(lab, { ...files, Dockerfile: 'FROM busybox:test\nRUN --mount=target=/w,rw echo 1 > /w/src/a && echo 2 > /kept' });
    expect((await listing(lab, image, '/w')).concat(await listing(lab, image, '/kept'))).toEqual(['-0644 0:0 /kept "2\\n"']);
  });

  it('runs again only when what it binds has changed', async () => {
    const dockerfile = 'FROM busybox:test\nRUN --mount=source=used,target=/u cat /u > /copy';
    await build(lab, { used: '1', other: '1', Dockerfile: dockerfile });
    expect((await build(lab, { used: '1', other: '2', Dockerfile: dockerfile })).text).toContain('Using cache');
    expect((await build(lab, { used: '2', other: '2', Dockerfile: dockerfile })).text).not.toContain('Using cache');
  });

  it('keeps a cache from build to build, and never in the image', async () => {
    const dockerfile = (n: number): string => `RUN --mount=type=cache,target=/c,id=keep,mode=0770,uid=5 echo ${n} >> /c/log; echo "> $(tr "\\n" " " < /c/log)$(stat -c %a:%u /c)"`;
    expect(await output(dockerfile(1))).toEqual(['> 1 770:5']);
    expect(await output(dockerfile(2))).toEqual(['> 1 2 770:5']);
    expect(await output('RUN --mount=type=cache,target=/c,id=keep,ro touch /c/x || echo "> ro"')).toEqual(['> ro']);
    expect(await output('RUN mkdir /seed && echo s > /seed/f\nFROM busybox:test\nRUN --mount=type=cache,target=/c,from=0,source=/seed echo "> $(cat /c/f)"')).toEqual(['> s']);
  });

  it('shares, locks or separates a cache as told', async () => {
    const parallel = (sharing: string): string =>
      ['a', 'b'].map((name) => `FROM busybox:test AS ${name}\nRUN --mount=type=cache,target=/c,id=${sharing},sharing=${sharing} mkdir /c/lock || touch /clash; sleep 0.2; rmdir /c/lock; echo ${name} > /done\n`).join('') +
      'FROM busybox:test\nCOPY --from=a /clash* /done /t/a/\nCOPY --from=b /clash* /done /t/b/';
    const clashes = async (sharing: string): Promise<number> => (await listing(lab, (await build(lab, { Dockerfile: parallel(sharing) })).image, '/t')).filter((row) => row.includes('clash')).length;
    expect(await clashes('locked')).toBe(0);
    expect(await clashes('private')).toBe(0);
    expect(await clashes('shared')).toBe(1);
  });

  it('shows secrets to the command and leaves them nowhere', async () => {
    const secret = 'hunter2-in-a-build';
    const dockerfile =
      'RUN --mount=type=secret,id=pw --mount=type=secret,id=pw,target=/etc/pw,mode=0444,uid=5,gid=6 --mount=type=secret,id=pw,env=PW ' +
      'echo "> $(stat -c %a:%u:%g /run/secrets/pw /etc/pw | tr "\\n" " ")"; test "$PW" = "$(cat /run/secrets/pw)" && echo "> same"; wc -c < /etc/pw';
    expect(await output(dockerfile, {}, { extra: { secrets: { pw: b64(secret) } } })).toEqual(['> 400:0:0 444:5:6 ', '> same']);
    const found = spawnSync('grep', ['-rlF', secret, lab.layout.root, lab.layout.run], { encoding: 'utf8' });
    expect(found.stdout).toBe('');
  });

  it('demands a required secret, and goes without an optional one', async () => {
    expect((await tryBuild(lab, { Dockerfile: 'FROM busybox:test\nRUN --mount=type=secret,id=no,required true' })).error?.message).toBe('secret no: not found');
    expect(await output('RUN --mount=type=secret,id=no echo "> $(ls /run/secrets 2>/dev/null)"')).toEqual(['> ']);
  });

  it('hands an agent on, the user\'s own or one with the user\'s key', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tsc-ssh-'));
    const agent = spawn('ssh-agent', ['-D', '-a', join(directory, 's')], { stdio: 'ignore' });
    try {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(directory, 'key')]);
      await until('agent', () => statSync(join(directory, 's'), { throwIfNoEntry: false }));
      const dockerfile = 'RUN --mount=type=ssh test -S "$SSH_AUTH_SOCK" && echo "> $SSH_AUTH_SOCK"';
      expect(await output(dockerfile, {}, { extra: { ssh: { default: join(directory, 's') } } })).toEqual(['> /run/buildkit/ssh_agent.0']);
      expect(await output(`# again\n${dockerfile} again`, {}, { noCache: true, extra: { ssh: { default: join(directory, 'key') } } })).toEqual(['> /run/buildkit/ssh_agent.0 again']);
      expect((await tryBuild(lab, { Dockerfile: 'FROM busybox:test\nRUN --mount=type=ssh,required true' })).error?.message).toContain('ssh default');
    } finally {
      agent.kill('SIGKILL');
      rmSync(directory, { recursive: true });
    }
  });
});

describe('ONBUILD', () => {
  it('fires in the child and not in the grandchild', async () => {
    await build(lab, { Dockerfile: 'FROM busybox:test\nONBUILD COPY f /onbuild/\nONBUILD RUN echo ran > /onbuild/r' }, { tags: ['parent:1'] });
    const child = await build(lab, { f: 'x', Dockerfile: 'FROM parent:1\nRUN cat /onbuild/r' }, { tags: ['child:1'] });
    expect(child.text).toContain('# Executing 2 build triggers\n');
    expect(await listing(lab, child.image, '/onbuild')).toEqual(['d0755 0:0 /onbuild', '-0644 0:0 /onbuild/f "x"', '-0644 0:0 /onbuild/r "ran\\n"']);
    expect(child.image.config.config?.OnBuild).toBeUndefined();
    expect((await build(lab, { Dockerfile: 'FROM child:1' })).text).not.toContain('trigger');
    expect((await tryBuild(lab, { Dockerfile: 'FROM parent:1' })).error?.message).toContain('COPY failed');
  });
});

describe('nothing is left behind', () => {
  it('after an abort in the middle of a command', async () => {
    const controller = new AbortController();
    const running = tryBuild(lab, { Dockerfile: 'FROM busybox:test\nRUN --mount=type=cache,target=/c --mount=type=secret,id=s echo up; sleep 86413' }, { extra: { secrets: { s: b64('x') } } }, controller.signal);
    await until('the command', () => (processes().some((line) => line.includes('sleep 86413')) ? true : undefined));
    controller.abort();
    expect((await running).error?.message).toBe('the build was cancelled');
    await until('cleaned up', () => (leftovers().length === 0 ? true : undefined));
    expect(processes().filter((line) => line.includes('sleep 86413'))).toEqual([]);
  });

  it('after a failure, and when the engine was closed in between', async () => {
    await tryBuild(lab, { Dockerfile: 'FROM busybox:test AS a\nRUN sleep 0.1; false\nFROM busybox:test\nCOPY --from=a / /\nRUN sleep 0.2' });
    expect(leftovers()).toEqual([]);
    await lab.reopen();
    expect(leftovers()).toEqual([]);
  });
});

function processes(): string[] {
  return execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).split('\n');
}

/** What builds leave on disk and in the mount table, besides the cache. */
function leftovers(): string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter((line) => line.includes(lab.layout.root) || line.includes(join(lab.layout.run, 'b')));
  const list = (path: string): string[] => (statSync(path, { throwIfNoEntry: false }) ? readdirSync(path).filter((name) => !name.startsWith('.')) : []).map((name) => join(path, name));
  return [...mounts, ...list(join(lab.layout.snapshots, 'rw')), ...list(join(lab.layout.buildCache, 'tmp')), ...list(join(lab.layout.run, 'b')), ...list(lab.layout.bundles)];
}
