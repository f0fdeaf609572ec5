import { describe, expect, it } from 'vitest';
import { DockerfileError, parseDockerfile, parseInstructions, resolveMount, type Instruction } from '../../../../src/runtime/build/dockerfile/index.ts';

const one = (text: string): Instruction => {
  const [instruction] = parseInstructions(text, 'Dockerfile');
  if (!instruction) throw new Error('nothing parsed');
  return instruction;
};
const failure = (text: string): DockerfileError => {
  try {
    parseDockerfile(text, 'Dockerfile');
  } catch (error) {
    if (error instanceof DockerfileError) return error;
    throw error;
  }
  throw new Error('it parsed');
};

describe('lines', () => {
  it('joins continuation lines, drops comments inside them, and tells the lines they took', () => {
    const file = parseDockerfile('\uFEFF# c\n\nfrom scratch\r\n  RUN a && \\\r\n# comment\n\n   b \\  \n   c\nCMD x');
    const run = file.stages[0]?.instructions[0];
    expect(run).toMatchObject({ kind: 'run', command: { form: 'shell', line: 'a &&    b    c' }, span: { line: 4, endLine: 8 } });
    expect(file.findings.filter(({ rule }) => rule === 'NoEmptyContinuation')).toMatchObject([{ span: { line: 6 } }]);
  });

  it('does not take a doubled escape character for a continuation', () => {
    expect(parseDockerfile('FROM x\nRUN a \\\\\nRUN b').stages[0]?.instructions).toHaveLength(2);
  });

  it('obeys the escape directive', () => {
    const file = parseDockerfile('# escape=`\nFROM x\nRUN dir C:\\ `\n  more\nCMD c:\\');
    expect(file.stages[0]?.instructions).toMatchObject([{ command: { line: 'dir C:\\   more' } }, { command: { line: 'c:\\' } }]);
  });

  it('reads directives only at the head, each once', () => {
    expect(parseDockerfile('# Syntax = docker/x:1 \n#CHECK=skip=all\nFROM x').directives).toEqual({ escape: '\\', syntax: 'docker/x:1', check: 'skip=all' });
    expect(parseDockerfile('# about\n# escape=`\nFROM x').directives.escape).toBe('\\');
    expect(failure('# escape=`\n# escape=`\nFROM x').summary).toBe('only one escape parser directive can be used');
    expect(failure('# escape=x\nFROM x').summary).toContain('invalid escape token');
  });
});

describe('heredocs', () => {
  it('reads several bodies in order, with and without tabs and expansion', () => {
    const copy = one('COPY <<a <<-"b" /d/\n$x\na\n\tone\n\t\ttwo\n\tb');
    expect(copy).toMatchObject({
      kind: 'copy',
      destination: '/d/',
      sources: [
        { kind: 'inline', heredoc: { name: 'a', content: '$x\n', expand: true } },
        { kind: 'inline', heredoc: { name: 'b', content: 'one\ntwo\n', raw: '\tone\n\t\ttwo\n', expand: false, chomp: true } },
      ],
      span: { line: 1, endLine: 6 },
    });
  });

  it('leaves comments and continuations in a body alone', () => {
    expect(one('RUN <<EOF\n# not a comment\na \\\nEOF')).toMatchObject({ heredocs: [{ content: '# not a comment\na \\\n' }] });
  });

  it('sees no heredoc in quotes, in here-strings, in exec form and in other instructions', () => {
    for (const text of ['RUN echo "<<EOF"', 'RUN cat <<<EOF', 'RUN ["cat", "<<EOF"]', 'ENV a=<<EOF']) {
      expect(parseInstructions(`${text}\nUSER x`, 'f'), text).toHaveLength(2);
    }
  });

  it('keeps the bodies of an ONBUILD trigger', () => {
    expect(one('ONBUILD RUN <<E\nx\nE')).toMatchObject({ kind: 'onbuild', expression: 'RUN <<E\nx\nE' });
  });

  it('tells an unterminated one', () => {
    expect(failure('FROM x\nRUN <<EOF\nabc').message).toMatch(/unterminated heredoc.*\nDockerfile:2\n {3}1 \| FROM x\n > 2 \| RUN <<EOF\n {3}3 \| abc/);
  });
});

describe('instructions', () => {
  it.each<[string, object]>([
    ['RUN ["a", "b c"]', { command: { form: 'exec', args: ['a', 'b c'] } }],
    ["RUN ['a']", { command: { form: 'shell', line: "['a']" } }],
    ['RUN --network=none --mount=type=tmpfs,target=/x --security=sandbox true --flag', { network: 'none', security: 'sandbox', command: { line: 'true --flag' } }],
    ['CMD --version', { command: { line: '--version' } }],
    ['ENV a=b c="d e" f=\'g h\' i=j\\ k', { pairs: [{ key: 'a', value: 'b' }, { key: 'c', value: '"d e"' }, { key: 'f', value: "'g h'" }, { key: 'i', value: 'j\\ k' }] }],
    ['ENV a  b = c', { pairs: [{ key: 'a', value: 'b = c' }] }],
    ['LABEL "k 2"="v=1"', { pairs: [{ key: '"k 2"', value: '"v=1"' }] }],
    ['ARG a b=c', { args: [{ key: 'a', value: undefined }, { key: 'b', value: 'c' }] }],
    ['COPY --from=x --chown=1:2 --chmod=u=rwX --link --parents --exclude=*.a --exclude=b a b /c', { from: 'x', chown: '1:2', chmod: 'u=rwX', link: true, parents: true, exclude: ['*.a', 'b'], destination: '/c' }],
    ['COPY ["a b", "c"]', { sources: [{ path: 'a b' }], destination: 'c' }],
    ['ADD --checksum=sha256:1 --keep-git-dir=true --unpack=false http://x /y', { checksum: 'sha256:1', keepGitDir: true, unpack: false }],
    ['EXPOSE 80 443/udp', { ports: ['80', '443/udp'] }],
    ['VOLUME ["/a b"]', { paths: ['/a b'] }],
    ['VOLUME /a /b', { paths: ['/a', '/b'] }],
    ['HEALTHCHECK --interval=5s --retries=2 --start-interval=100ms CMD curl x', { test: ['CMD-SHELL', 'curl x'], interval: 5e9, retries: 2, startInterval: 1e8 }],
    ['HEALTHCHECK CMD ["a","b"]', { test: ['CMD', 'a', 'b'] }],
    ['healthcheck none', { test: ['NONE'] }],
    ['SHELL ["/bin/bash","-c"]', { args: ['/bin/bash', '-c'] }],
    ['WORKDIR /a b', { value: '/a b' }],
  ])('%s', (text, expected) => {
    expect(one(text)).toMatchObject(expected);
  });

  it('splits stages and keeps ARGs before the first FROM apart', () => {
    const file = parseDockerfile('ARG V=1\nFROM a:$V AS Build\nRUN x\nFROM --platform=$BUILDPLATFORM build\n');
    expect(file.globalArgs).toHaveLength(1);
    expect(file.stages).toMatchObject([{ name: 'build', from: { base: 'a:$V' } }, { index: 1, from: { base: 'build', platform: '$BUILDPLATFORM' } }]);
  });

  it.each([
    ['FROM x\nRUNN y', 'unknown instruction: RUNN (did you mean RUN?)'],
    ['', 'the Dockerfile cannot be empty'],
    ['ARG x', 'no build stage: there is no FROM'],
    ['RUN x\nFROM y', 'no build stage in current context'],
    ['FROM', 'FROM requires either one or three arguments'],
    ['FROM a AT b', 'FROM requires either one or three arguments'],
    ['FROM a AS 1b', 'invalid name for build stage: "1b"'],
    ['FROM --plattform=x a', 'unknown flag: --plattform (did you mean --platform?)'],
    ['FROM x\nCOPY a', 'COPY requires at least two arguments'],
    ['FROM x\nCOPY --from=a --from=b c d', 'duplicate flag specified: --from'],
    ['FROM x\nCOPY --link=maybe c d', 'expecting boolean value for flag --link, not: maybe'],
    ['FROM x\nCOPY --chown c d', 'missing a value on flag: --chown'],
    ['FROM x\nENV a', 'ENV must have two arguments'],
    ['FROM x\nENV a=b c', 'can\'t find = in "c"'],
    ['FROM x\nENV =b', 'ENV names can not be blank'],
    ['FROM x\nARG =b', 'ARG names can not be blank'],
    ['FROM x\nSHELL /bin/sh', 'SHELL requires the arguments to be in JSON form'],
    ['FROM x\nCMD [1]', 'arrays must be comprised of strings only'],
    ['FROM x\nHEALTHCHECK RUN x', 'unknown type "RUN" in HEALTHCHECK (try CMD)'],
    ['FROM x\nHEALTHCHECK NONE x', 'HEALTHCHECK NONE takes no arguments'],
    ['FROM x\nHEALTHCHECK --interval=1us CMD x', '--interval cannot be less than 1ms'],
    ['FROM x\nONBUILD ONBUILD RUN x', 'Chaining ONBUILD'],
    ['FROM x\nONBUILD FROM y', "FROM isn't allowed as an ONBUILD trigger"],
    ['FROM x\nONBUILD NOPE y', 'unknown instruction: NOPE'],
    ['FROM x\nWORKDIR', 'WORKDIR requires exactly one argument'],
    ['FROM x\nRUN --network=bridge x', 'invalid network mode "bridge"'],
    ['FROM x\nRUN --mount=type=binds,target=/x y', 'unsupported mount type "binds" (did you mean bind?)'],
    ['FROM x\nRUN --mount=type=bind,size=1 y', "unexpected key 'size' for mount type 'bind'"],
    ['FROM x\nRUN --mount=type=bind y', 'a mount needs a target'],
    ['FROM x\nRUN --mount=type=cache,target=/x,sharing=all y', 'unsupported cache sharing'],
    ['FROM x\nRUN --mount=type=cache,target=/x,mode=9 y', 'invalid mode "9"'],
  ])('%j fails: %s', (text, message) => {
    const error = failure(text);
    expect(error.summary).toContain(message);
    expect(error.kind).toBe('invalid');
    expect(error.message).toMatch(/\nDockerfile:\d+(\n|$)/);
    expect(error.span.line).toBe(text.startsWith('FROM x\n') ? 2 : 1);
  });
});

describe('resolveMount', () => {
  const mount = (text: string): object => {
    const run = one(`RUN --mount=${text} x`);
    if (run.kind !== 'run' || !run.mounts[0]) throw new Error('no mount');
    return resolveMount(run.mounts[0], (value) => value.replace('$T', '/t'));
  };
  it.each<[string, object]>([
    ['target=$T', { type: 'bind', target: '/t', source: '/', from: undefined, writable: false }],
    ['type=bind,from=a,src=/s,dst=/d,rw', { type: 'bind', from: 'a', source: '/s', target: '/d', writable: true }],
    ['type=cache,target=/c', { type: 'cache', id: '/c', readOnly: false, sharing: 'shared', mode: 0o755, uid: 0 }],
    ['type=cache,target=/c,id=x,ro=1,sharing=locked,mode=0700,uid=5,gid=6', { id: 'x', readOnly: true, sharing: 'locked', mode: 0o700, uid: 5, gid: 6 }],
    ['type=tmpfs,target=/c,size=1m', { type: 'tmpfs', size: 1 << 20 }],
    ['type=secret,id=k', { type: 'secret', target: '/run/secrets/k', env: undefined, required: false, mode: 0o400 }],
    ['type=secret,target=/a/k', { id: 'k', target: '/a/k' }],
    ['type=secret,id=k,env=K,required', { target: undefined, env: 'K', required: true }],
    ['type=ssh', { type: 'ssh', id: 'default', target: undefined, mode: 0o600 }],
  ])('%s', (text, expected) => {
    expect(mount(text)).toMatchObject(expected);
  });
});
