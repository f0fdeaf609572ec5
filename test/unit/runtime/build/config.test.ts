import { describe, expect, it } from 'vitest';
import { parseDockerfile, parseInstructions } from '../../../../src/runtime/build/dockerfile/index.ts';
import {
  applyChanges, applyMetadata, configFileOf, globalVariables, isLayerInstruction, joinWorkdir, scratchState, stateOfImage, unusedBuildArgs,
  Variables, withStep,
} from '../../../../src/runtime/build/config/index.ts';
import type { ContainerConfig } from '../../../../src/engine-api/index.ts';

const build = { buildArgs: new Map([['FOO', 'from-cli']]), global: new Map([['GLOBAL', 'g'], ['TARGETOS', 'linux']]), escape: '\\' as const };

function apply(text: string, config: ContainerConfig = { Env: ['PATH=/bin'] }): { config: ContainerConfig; texts: (string | undefined)[] } {
  let ownCmd = false;
  const texts: (string | undefined)[] = [];
  for (const instruction of parseInstructions(text, 'f')) {
    if (instruction.kind === 'arg' || isLayerInstruction(instruction)) throw new Error('metadata only');
    const result = applyMetadata(config, instruction, new Variables(build, config.Env ?? []), ownCmd);
    config = result.config;
    texts.push(result.createdBy);
    ownCmd ||= instruction.kind === 'cmd';
  }
  return { config, texts };
}

describe('applyMetadata', () => {
  it('writes the history as BuildKit does', () => {
    // Texts as dockerd 26 with BuildKit records them.
    const { texts, config } = apply(
      'ENV A=b C="d e"\nLABEL k=v "k 2"="v 2"\nUSER 1000\nVOLUME /v1 /v2\nEXPOSE 80 443/udp 5000-5002\nCMD echo hi\nENTRYPOINT ["a","b c"]\n' +
        'HEALTHCHECK --interval=5s CMD echo ok\nSHELL ["/bin/sh","-e","-c"]\nSTOPSIGNAL SIGQUIT\nMAINTAINER me\nONBUILD RUN echo x',
    );
    expect(texts).toEqual([
      'ENV A=b C=d e',
      'LABEL k=v k 2=v 2',
      'USER 1000',
      'VOLUME [/v1 /v2]',
      'EXPOSE map[443/udp:{} 5000/tcp:{} 5001/tcp:{} 5002/tcp:{} 80/tcp:{}]',
      'CMD ["/bin/sh" "-c" "echo hi"]',
      'ENTRYPOINT ["a" "b c"]',
      'HEALTHCHECK &{["CMD-SHELL" "echo ok"] "5s" "0s" "0s" "0s" \'\\x00\'}',
      'SHELL [/bin/sh -e -c]',
      'STOPSIGNAL SIGQUIT',
      'MAINTAINER me',
      undefined,
    ]);
    expect(config).toMatchObject({
      Env: ['PATH=/bin', 'A=b', 'C=d e'],
      Cmd: ['/bin/sh', '-c', 'echo hi'],
      Entrypoint: ['a', 'b c'],
      Healthcheck: { Test: ['CMD-SHELL', 'echo ok'], Interval: 5e9 },
      OnBuild: ['RUN echo x'],
    });
  });

  it('lets every value of an ENV line see the environment before the line', () => {
    expect(apply('ENV abc=hello\nENV abc=bye def=$abc\nENV ghi=$abc').config.Env).toEqual(['PATH=/bin', 'abc=bye', 'def=hello', 'ghi=bye']);
  });

  it('resets an inherited CMD on ENTRYPOINT, but not one of the same stage', () => {
    expect(apply('ENTRYPOINT ["x"]', { Cmd: ['inherited'] }).config.Cmd).toBeUndefined();
    expect(apply('CMD ["own"]\nENTRYPOINT ["x"]').config.Cmd).toEqual(['own']);
  });

  it('puts the stage\'s SHELL in front of the shell form', () => {
    expect(apply('SHELL ["/bin/bash","-c"]\nCMD x').config.Cmd).toEqual(['/bin/bash', '-c', 'x']);
  });

  it.each([
    ['EXPOSE 70000', 'invalid containerPort: 70000'],
    ['EXPOSE 80/xyz', 'invalid proto: xyz'],
    ['EXPOSE 9-8', 'invalid containerPort'],
    ['STOPSIGNAL NOPE', 'invalid signal: NOPE'],
    ['USER $NOTHING', 'USER has an empty value'],
  ])('%s fails', (text, message) => {
    expect(() => apply(text)).toThrow(message);
  });

  it('accepts host mappings in EXPOSE for the container port', () => {
    expect(Object.keys(apply('EXPOSE 127.0.0.1:8080:80/TCP').config.ExposedPorts ?? {})).toEqual(['80/tcp']);
  });
});

describe('Variables', () => {
  const declare = (text: string, env: string[] = []): Variables => {
    let variables = new Variables(build, env);
    for (const instruction of parseInstructions(text, 'f')) if (instruction.kind === 'arg') variables = variables.declare(instruction).variables;
    return variables;
  };

  it('takes the command line before the default, and globals only for a bare name', () => {
    expect(declare('ARG FOO=default').lookup('FOO')).toBe('from-cli');
    expect(declare('ARG GLOBAL').lookup('GLOBAL')).toBe('g');
    expect(declare('ARG GLOBAL=own').lookup('GLOBAL')).toBe('own');
    expect(declare('').lookup('GLOBAL')).toBeUndefined();
    expect(declare('ARG TARGETOS').lookup('TARGETOS')).toBe('linux');
    expect(declare('ARG NOVAL').lookup('NOVAL')).toBeUndefined();
  });

  it('lets the later one of ENV and ARG count, as BuildKit does', () => {
    const after = declare('ARG FOO\nARG NOVAL', ['FOO=env', 'NOVAL=kept', 'X=1']);
    expect(after.lookup('FOO')).toBe('from-cli');
    expect(after.lookup('NOVAL')).toBe('kept');
    expect(after.runEnv()).toEqual(['FOO=from-cli', 'NOVAL=kept', 'X=1']);
    const before = after.withEnv(['FOO=again', 'NOVAL=kept', 'X=1'], ['FOO']);
    expect(before.lookup('FOO')).toBe('again');
    expect(before.historyPrefix()).toBe('|2 FOO=again NOVAL=kept ');
    expect(new Variables(build, ['FOO=env', 'A=1'], after.args).lookup('FOO')).toBe('env');
  });

  it('lists ARGs in the history of a RUN, also those without a value', () => {
    expect(declare('ARG FOO NOVAL').historyPrefix()).toBe('|2 FOO=from-cli NOVAL= ');
    expect(declare('ARG FOO NOVAL').runEnv()).toEqual(['FOO=from-cli']);
  });

  it('passes proxies to RUN without a trace', () => {
    const proxied = new Variables({ ...build, buildArgs: new Map([['http_proxy', 'http://p']]) }, []);
    expect(proxied.runEnv()).toEqual(['HTTP_PROXY=http://p', 'http_proxy=http://p']);
    expect(proxied.historyPrefix()).toBe('');
    expect(proxied.isTransparent('http_proxy')).toBe(true);
  });

  it('evaluates global ARGs in order', () => {
    const file = parseDockerfile('ARG A=1\nARG B=${A}2\nARG FOO=x\nFROM y');
    const { global } = globalVariables(file, build.buildArgs, { TARGETARCH: 'amd64' });
    expect(Object.fromEntries(global)).toEqual({ TARGETARCH: 'amd64', A: '1', B: '12', FOO: 'from-cli' });
  });

  it('finds build arguments that nothing declares', () => {
    const args = new Map([['A', ''], ['TYPO', ''], ['HTTP_PROXY', ''], ['BUILDKIT_INLINE_CACHE', '1']]);
    expect(unusedBuildArgs(parseDockerfile('FROM x\nARG A'), args)).toEqual(['TYPO']);
  });
});

describe('configFileOf', () => {
  const layer = (n: number) => ({ mediaType: 'm', digest: `sha256:${n}`, size: 1, diffId: `sha256:${n}`, unpackedSize: 1 });

  it('gives metadata the time of the next layer, and trailing metadata that of the last', () => {
    let state = stateOfImage({ architecture: 'amd64', os: 'linux', created: '2020-01-01T00:00:00Z', rootfs: { type: 'layers', diff_ids: ['sha256:1'] }, history: [{ created_by: 'base' }] }, [layer(1)]);
    state = withStep(state, 'ENV a');
    state = withStep(state, 'RUN b', { layer: layer(2), createdAt: '2021-01-01T00:00:00Z' });
    state = withStep(state, 'RUN nothing', { layer: undefined, createdAt: '2022-01-01T00:00:00Z' });
    state = withStep(state, 'CMD c');
    const file = configFileOf(state);
    expect(file.history).toEqual([
      { created_by: 'base' },
      { created: '2021-01-01T00:00:00Z', created_by: 'ENV a', comment: 'buildkit.dockerfile.v0', empty_layer: true },
      { created: '2021-01-01T00:00:00Z', created_by: 'RUN b', comment: 'buildkit.dockerfile.v0' },
      { created: '2022-01-01T00:00:00Z', created_by: 'RUN nothing', comment: 'buildkit.dockerfile.v0', empty_layer: true },
      { created: '2022-01-01T00:00:00Z', created_by: 'CMD c', comment: 'buildkit.dockerfile.v0', empty_layer: true },
    ]);
    expect(file.created).toBe('2022-01-01T00:00:00Z');
    expect(file.rootfs.diff_ids).toEqual(['sha256:1', 'sha256:2']);
    expect(configFileOf(state, '1999-01-01T00:00:00Z').created).toBe('1999-01-01T00:00:00Z');
  });

  it('keeps the base image\'s time when only metadata was added, so that the id is stable', () => {
    const base = stateOfImage({ architecture: 'amd64', os: 'linux', created: '2020-01-01T00:00:00Z', rootfs: { type: 'layers', diff_ids: [] } }, []);
    expect(configFileOf(withStep(base, 'CMD x')).created).toBe('2020-01-01T00:00:00Z');
  });

  it('begins with a PATH', () => {
    expect(scratchState({ os: 'linux', architecture: 'amd64' }).config.Env).toEqual(['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']);
  });
});

describe('joinWorkdir', () => {
  it.each([
    [undefined, 'a', '/a'],
    ['/x', 'a/../b', '/x/b'],
    ['/x', '/y/', '/y'],
    ['/x', '../../..', '/'],
  ])('%s and %s give %s', (before, path, expected) => {
    expect(joinWorkdir(before === undefined ? {} : { WorkingDir: before }, path)).toBe(expected);
  });
});

describe('applyChanges', () => {
  it('takes the instructions of commit --change', () => {
    expect(applyChanges({ Env: ['A=1'] }, ['ENV B=$A', 'CMD ["x"]', 'WORKDIR /w', 'EXPOSE 80', 'LABEL a=b', 'USER u'])).toMatchObject({
      Env: ['A=1', 'B=1'], Cmd: ['x'], WorkingDir: '/w', ExposedPorts: { '80/tcp': {} }, Labels: { a: 'b' }, User: 'u',
    });
  });

  it('refuses the others', () => {
    expect(() => applyChanges({}, ['RUN x'])).toThrow('RUN is not a valid change command');
    expect(() => applyChanges({}, ['NOPE x'])).toThrow('unknown instruction: NOPE');
  });
});
