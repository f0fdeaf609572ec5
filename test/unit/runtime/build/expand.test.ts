import { describe, expect, it } from 'vitest';
import { expandWord, expandWords } from '../../../../src/runtime/build/dockerfile/index.ts';

const env: Record<string, string> = { A: 'one', E: '', P: '/usr/local/lib/x.tar.gz', S: 'a b', Ü1: 'umlaut' };
const expand = (text: string, escape: '\\' | '`' = '\\'): string => expandWord(text, (name) => env[name], { escape });

describe('expandWord', () => {
  it.each([
    ['$A', 'one'],
    ['${A}x', 'onex'],
    ['$Ax', ''],
    ['$A-x', 'one-x'],
    ['$Ü1', 'umlaut'],
    ['\\$A', '$A'],
    ["'$A'", '$A'],
    ['"$A"', 'one'],
    ['"\\$A \\" \\x"', '$A " \\x'],
    ['a\\ b', 'a b'],
    ['$', '$'],
    ['a$ b', 'a$ b'],
    ['$1x', 'x'],
    ['${U:-d}', 'd'],
    ['${E:-d}', 'd'],
    ['${E-d}', ''],
    ['${U-d}', 'd'],
    ['${A:+alt}', 'alt'],
    ['${E:+alt}', ''],
    ['${E+alt}', 'alt'],
    ['${U:-${A}}', 'one'],
    ['${U:-"}"}', '}'],
    ['${A:?must}', 'one'],
    ['${P#*/}', 'usr/local/lib/x.tar.gz'],
    ['${P##*/}', 'x.tar.gz'],
    ['${P%.*}', '/usr/local/lib/x.tar'],
    ['${P%%.*}', '/usr/local/lib/x'],
    ['${P%nothing}', '/usr/local/lib/x.tar.gz'],
    ['${P/l/L}', '/usr/Local/lib/x.tar.gz'],
    ['${P//l/L}', '/usr/LocaL/Lib/x.tar.gz'],
    ['${P//?/.}', '.......................'],
    ['${P/.tar*/}', '/usr/local/lib/x'],
    ['${A#\\*}', 'one'],
    ['${A//o/$&}', '$&ne'],
  ])('%s gives %s', (text, expected) => {
    expect(expand(text)).toBe(expected);
  });

  it('knows the other escape character', () => {
    expect(expand('`$A C:\\x', '`')).toBe('$A C:\\x');
  });

  it('keeps quotes in heredoc bodies', () => {
    expect(expandWord(`"$A" 'x' \\$A`, (name) => env[name], { escape: '\\', keepQuotes: true })).toBe(`"one" 'x' $A`);
  });

  it.each([
    ['"x', 'unexpected end of statement while looking for matching double-quote'],
    ["'x", 'unexpected end of statement while looking for matching single-quote'],
    ['${A', "missing '}'"],
    ['${A:-x', "missing '}'"],
    ['${', "missing '}'"],
    ['${}', 'bad substitution'],
    ['${:x}', 'bad substitution'],
    ['${A:x}', 'unsupported modifier (:x) in substitution'],
    ['${A!x}', 'unsupported modifier (!) in substitution'],
    ['${U:?no U here}', 'U: no U here'],
    ['${E:?}', 'E: is not allowed to be empty'],
    ['${U?}', 'U: is not allowed to be unset'],
  ])('%s fails: %s', (text, message) => {
    expect(() => expand(text)).toThrow(message);
  });

  it('reports plain uses of unset variables, and not those with a default', () => {
    const unset: string[] = [];
    expandWord('$X ${Y} ${Z:-1} ${W+1}', () => undefined, { escape: '\\', onUnset: (name) => unset.push(name) });
    expect(unset).toEqual(['X', 'Y']);
  });
});

describe('expandWords', () => {
  it('cuts what a variable holds, but not what is quoted', () => {
    const words = (text: string): string[] => expandWords(text, (name) => env[name], { escape: '\\' });
    expect(words('$S "$S" x\\ y')).toEqual(['a', 'b', 'a b', 'x y']);
    expect(words('$E $U')).toEqual([]);
  });
});
