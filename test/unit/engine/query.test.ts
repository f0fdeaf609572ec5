import { describe, expect, it } from 'vitest';
import { isEngineError } from '../../../src/base/index.ts';
import { Query } from '../../../src/engine/query.ts';

const kindOf = (body: () => unknown): string => {
  try {
    return JSON.stringify(body());
  } catch (error) {
    return isEngineError(error) ? `${error.kind}: ${error.message}` : String(error);
  }
};

describe('a query', () => {
  it.each([
    ['', false], ['b', false], ['b=', false], ['b=0', false], ['b=no', false], ['b=False', false], ['b=none', false], ['b=1', true], ['b=true', true], ['b=x', true],
  ])('reads %j as the switch %s', (text, expected) => expect(new Query(text).bool('b')).toBe(expected));

  it('uses the default of a switch only when it is absent', () => {
    expect([new Query('').bool('b', true), new Query('b=').bool('b', true)]).toEqual([true, false]);
  });

  it.each([
    ['n=5', '5'], ['n=-1', '-1'], ['n=%2B7', '7'], ['n=', undefined], ['', undefined],
    ['n=x', 'internal: strconv.Atoi: parsing "x": invalid syntax'], ['n=1.5', 'internal: strconv.Atoi: parsing "1.5": invalid syntax'],
    ['n=99999999999999999999', 'internal: strconv.Atoi: parsing "99999999999999999999": invalid syntax'],
  ])('reads %j as the number %s', (text, expected) => expect(kindOf(() => new Query(text).int('n'))).toBe(expected));

  it.each([
    ['t=12', '12'], ['t=12.5', '12.5'], ['t=12.000000001', '12.000000001'], ['t=', undefined],
    ['t=x', 'internal: strconv.ParseInt: parsing "x": invalid syntax'], ['t=1.x', 'internal: strconv.ParseInt: parsing "x": invalid syntax'],
    ['t=1.2.3', 'internal: strconv.ParseInt: parsing "1.2.3": invalid syntax'],
  ])('reads %j as the time %s', (text, expected) => expect(kindOf(() => new Query(text).timestamp('t'))).toBe(expected));

  it.each([
    ['{"label":["a=b","c"]}', '{"label":["a=b","c"]}'],
    ['{"label":{"a=b":true,"c":true}}', '{"label":["a=b","c"]}'],
    ['{}', undefined],
    ['', undefined],
    ['{"__proto__":["x"]}', '{"__proto__":["x"]}'],
    ['[]', 'invalid: invalid filter'],
    ['{"a":1}', 'invalid: invalid filter'],
    ['{"a":[1]}', 'invalid: invalid filter'],
    ['{"a":{"b":"c"}}', 'invalid: invalid filter'],
    ['x', 'invalid: invalid filter'],
  ])('reads the filters %j as %s', (text, expected) => {
    expect(kindOf(() => new Query(`filters=${encodeURIComponent(text)}`).filters())).toBe(expected);
    expect(Object.prototype).not.toHaveProperty('0');
  });
});
