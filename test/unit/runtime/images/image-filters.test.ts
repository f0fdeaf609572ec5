import { describe, expect, it } from 'vitest';
import { booleanFilter, globExpression, matchesLabels, untilFilter } from '../../../../src/runtime/images/image-filters.ts';

describe('image filters', () => {
  it.each([
    ['busybox', 'busybox', true],
    ['busy*', 'busybox:latest', true],
    ['*', 'a/b', false],
    ['*/*', 'a/b', true],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['[a-c]x', 'bx', true],
    ['[^a-c]x', 'bx', false],
    ['a.c', 'abc', false],
    ['a\\*', 'a*', true],
  ])('matches %s against %s as Go does', (pattern, name, matches) => {
    expect(globExpression(pattern).test(name)).toBe(matches);
  });

  it('refuses a malformed pattern', () => {
    expect(() => globExpression('[a')).toThrow('syntax error in pattern');
  });

  it('needs every label and none of the negated ones', () => {
    const labels = { a: '1', b: '' };
    expect(matchesLabels(labels, { label: ['a', 'b='] })).toBe(true);
    expect(matchesLabels(labels, { label: ['a=2'] })).toBe(false);
    expect(matchesLabels(labels, { 'label!': ['b'] })).toBe(false);
    expect(matchesLabels(undefined, { label: ['toString'] })).toBe(false);
  });

  it('reads booleans and refuses anything else in the words of dockerd', () => {
    expect(booleanFilter({ dangling: ['1'] }, 'dangling')).toBe(true);
    expect(booleanFilter({ dangling: ['false'] }, 'dangling')).toBe(false);
    expect(booleanFilter({}, 'dangling')).toBeUndefined();
    expect(() => booleanFilter({ dangling: ['x'] }, 'dangling')).toThrow("invalid filter 'dangling=[x]'");
  });

  it('reads until as a duration, seconds or a time', () => {
    expect(untilFilter({ until: ['100'] })).toBe(100_000);
    expect(untilFilter({ until: ['2024-01-01T00:00:00Z'] })).toBe(Date.UTC(2024, 0, 1));
    expect(Math.abs((untilFilter({ until: ['1h'] }) ?? 0) - (Date.now() - 3_600_000))).toBeLessThan(1000);
    expect(() => untilFilter({ until: ['soon'] })).toThrow('invalid value');
  });
});
