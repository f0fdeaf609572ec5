import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitOf, logsOf } from '../containers/support.ts';
import { build, listing, openBuildLab, tryBuild, type BuildLab } from './support.ts';

let lab: BuildLab;
beforeAll(async () => {
  lab = await openBuildLab();
});
afterAll(async () => {
  await lab?.close();
});

describe('a build', () => {
  it('makes an image from nothing but the machine\'s busybox, in two stages, and it runs', async () => {
    const files = {
      busybox: readFileSync('/bin/busybox'),
      hello: 'hello\n',
      Dockerfile: [
        'FROM scratch AS base',
        'ADD --chmod=755 busybox /bin/',
        'RUN ["/bin/busybox", "--install", "-s", "/bin"]',
        'RUN mkdir -p /out && echo made > /out/made',
        'FROM scratch',
        'COPY --from=base /bin /bin',
        'COPY --from=base /out/made /data/',
        'COPY hello /data/',
        'WORKDIR /data',
        'ENV GREETING="good day"',
        'CMD ["sh", "-c", "echo $GREETING; cat made hello"]',
      ].join('\n'),
    };
    const { id, text, image } = await build(lab, files, { tags: ['from-scratch:1'] });
    expect(text).toMatch(/^Step 1\/11 : FROM scratch AS base\n/);
    expect(text).toContain(`Successfully built ${id.slice(7, 19)}\nSuccessfully tagged from-scratch:1\n`);
    expect(image.config.rootfs.diff_ids).toHaveLength(3);
    const container = await lab.create([], { Image: 'from-scratch:1', Cmd: null });
    await lab.runtime.containers.start(container);
    expect(await exitOf(lab, container)).toBe(0);
    expect((await logsOf(lab, container)).stdout).toBe('good day\nmade\nhello\n');
    await lab.runtime.containers.remove(container);
    // Nothing that the OCI runtime mounts on is in the layers.
    const names = await listing(lab, image, '/');
    expect(names.map((row) => row.split(' ')[2]).filter((path) => !path?.startsWith('/bin/'))).toEqual(['/', '/bin', '/data', '/data/hello', '/data/made']);
  });

  it('finds every step in the cache the second time and gives the same image', async () => {
    const files = { a: '1', Dockerfile: 'FROM busybox:test\nRUN echo first > /f\nCOPY a /a\nWORKDIR /w\nRUN echo second > s\nCMD ["x"]' };
    const first = await build(lab, files);
    const second = await build(lab, files);
    expect(first.text).not.toContain('Using cache');
    expect(second.text.match(/Using cache/g)).toHaveLength(4);
    expect(second.id).toBe(first.id);
    const edited = await build(lab, { ...files, a: '2' });
    expect(edited.text.match(/Using cache/g)).toHaveLength(1);
    expect(edited.id).not.toBe(first.id);
    const fresh = await build(lab, files, { noCache: true });
    expect(fresh.text).not.toContain('Using cache');
  });

  it('reports a failing command with its code, its output and its place', async () => {
    const { error, text, aux } = await tryBuild(lab, { Dockerfile: 'FROM busybox:test\nRUN echo before; \\\n  exit 7\nRUN never' }, { extra: {} });
    expect(error).toEqual({ code: 7, message: "The command '/bin/sh -c echo before;   exit 7' returned a non-zero code: 7" });
    expect(text).toContain('before\n');
    expect(text).toContain('Dockerfile:2\n');
    expect(text).not.toContain('RUN never\n ---> Running');
    expect(aux.find((one) => one.failure)?.failure).toMatchObject({ file: 'Dockerfile', line: 2, endLine: 3, exitCode: 7, output: 'before\n' });
  });

  it('refuses a bad Dockerfile before it begins', async () => {
    await expect(tryBuild(lab, { Dockerfile: 'FROM busybox:test\nRUNN x' })).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(/^dockerfile parse error on line 2: unknown instruction: RUNN \(did you mean RUN\?\)\nDockerfile:2\n/),
    });
    await expect(tryBuild(lab, { Dockerfile: 'FROM busybox:test' }, { target: 'x' })).rejects.toThrow('target stage "x" could not be found');
    await expect(tryBuild(lab, { a: '' })).rejects.toThrow('Cannot locate specified Dockerfile: Dockerfile');
  });
});
