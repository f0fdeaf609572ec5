import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createIgnoreMatcher, UserError } from '../../../src/base/index.ts';
import { DockerfileError, DockerfileMistake, expandWord, parseDockerfile } from '../../../src/runtime/build/dockerfile/index.ts';

const line = fc.oneof(
  fc.constantFrom('FROM x', 'FROM x AS y', 'RUN <<EOF', 'EOF', 'RUN a \\', '# c', '', 'COPY <<A <<-B /x', 'A', '\tB', 'ENV a=b c="d', 'CMD ["a"', '# escape=`', 'ONBUILD RUN <<E', 'E', 'HEALTHCHECK --interval=1s CMD x'),
  fc.string({ maxLength: 20 }),
);

describe('parseDockerfile', () => {
  it('parses or refuses with a place inside the file, whatever it gets', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        try {
          const file = parseDockerfile(lines.join('\n'));
          for (const { instructions } of file.stages) for (const { span } of instructions) expect(span.line <= span.endLine && span.endLine <= lines.length).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(DockerfileError);
          if (error instanceof DockerfileError) expect(error.span.line).toBeGreaterThan(0);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('reads an instruction the same however it is broken into lines', () => {
    const words = fc.array(fc.stringMatching(/^[a-z=$/.]{1,6}$/), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(words, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), fc.boolean(), (parts, breaks, comments) => {
        const broken = parts.reduce((text, word, i) => text + (breaks[i % 8] ? ` \\\n${comments ? '# between\n' : ''}` : ' ') + word, 'RUN x');
        const [one] = parseDockerfile(`FROM y\nRUN x ${parts.join(' ')}`).stages[0]?.instructions ?? [];
        const [two] = parseDockerfile(`FROM y\n${broken}`).stages[0]?.instructions ?? [];
        const text = (instruction: typeof one): string => (instruction?.text ?? '').replace(/\s+/g, ' ');
        expect(text(two)).toBe(text(one));
      }),
    );
  });
});

describe('expandWord', () => {
  it('agrees with bash on quotes, defaults and patterns', () => {
    const value = fc.stringMatching(/^[ab/.]{0,8}$/);
    const pattern = fc.stringMatching(/^[ab/.*?]{1,4}$/);
    const word = fc.oneof(
      fc.tuple(fc.constantFrom('#', '##', '%', '%%'), pattern).map(([operator, p]) => `\${V${operator}${p}}`),
      // A pattern that matches the empty text is where shells disagree among themselves.
      fc.tuple(fc.constantFrom('/', '//'), fc.stringMatching(/^[ab.?]{1,3}$/), fc.stringMatching(/^[xy]{0,2}$/)).map(([operator, p, r]) => `\${V${operator}${p}/${r}}`),
      fc.constantFrom('${V:-d}', '${V-d}', '${V:+d}', '${V+d}', '${U:-d}', '${U-d}', '${U+d}', '$V', '"$V"', "'$V'", '\\$V', '"\\$V"', '${V}x', '${U:-${V}}', "'a'\"b\"c"),
    );
    // One shell for all cases: each is evaluated and ended by a NUL.
    const cases = fc.sample(fc.tuple(value, word), { numRuns: 600, seed: 42 });
    const script = cases.map(([v, w]) => `V='${v}'; unset U; printf '%s\\0' ${/^["'\\$]/.test(w) && !w.startsWith('$') ? w : `"${w}"`}`).join('\n');
    const shell = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
    expect(shell.status).toBe(0);
    const expected = shell.stdout.split('\0').slice(0, -1);
    const actual = cases.map(([v, w]) => expandWord(w, (name) => (name === 'V' ? v : undefined), { escape: '\\' }));
    expect(actual.map((text, i) => [...(cases[i] ?? []), text])).toEqual(expected.map((text, i) => [...(cases[i] ?? []), text]));
  });

  it('never throws anything but mistakes', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('$', '{', '}', ':', '-', '#', '%', '/', '"', "'", '\\', 'a', ' ', '?') }), (text) => {
        try {
          expandWord(text, () => 'v', { escape: '\\' });
        } catch (error) {
          expect(error).toBeInstanceOf(DockerfileMistake);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('createIgnoreMatcher', () => {
  it('never skips a directory below which something is kept', () => {
    const part = fc.constantFrom('a', 'b', '*', '**', 'a*', '?');
    const pattern = fc.tuple(fc.boolean(), fc.array(part, { minLength: 1, maxLength: 3 })).map(([include, parts]) => (include ? '!' : '') + parts.join('/'));
    const path = fc.array(fc.constantFrom('a', 'b', 'ab', 'c'), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 5 }), path, (patterns, parts) => {
        const matcher = createIgnoreMatcher(patterns);
        const directory = parts.slice(0, -1).join('/');
        if (matcher.isIgnored(directory) && matcher.canSkipDirectory(directory)) expect(matcher.isIgnored(parts.join('/'))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('takes any text as a pattern or refuses it properly', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('*', '?', '[', ']', '^', '-', '\\', '/', '!', 'a', 'z', '.', '(', '{', '|', '$', '😀') }), fc.string(), (pattern, path) => {
        try {
          createIgnoreMatcher([pattern]).isIgnored(path);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
