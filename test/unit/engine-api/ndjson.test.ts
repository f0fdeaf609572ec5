import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeNdjson, NdjsonDecoder } from '../../../src/engine-api/index.ts';

describe('JSON lines', () => {
  it('come out as they went in, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom('\n' as const, '\r\n' as const), fc.integer({ min: 1, max: 17 }), (values, end, size) => {
        const bytes = Buffer.from(values.map((value) => encodeNdjson(value, end)).join(''));
        const decoder = new NdjsonDecoder<unknown>();
        const out: unknown[] = [];
        for (let at = 0; at < bytes.length; at += size) out.push(...decoder.push(bytes.subarray(at, at + size)));
        out.push(...decoder.end());
        expect(JSON.stringify(out)).toBe(JSON.stringify(values));
      }),
    );
  });

  it('takes a last line without a line end', () => {
    const decoder = new NdjsonDecoder<unknown>();
    expect(decoder.push(Buffer.from('{"a":1}\n\n{"b":'))).toEqual([{ a: 1 }]);
    expect(decoder.push(Buffer.from('2}'))).toEqual([]);
    expect(decoder.end()).toEqual([{ b: 2 }]);
  });

  it('throws on a line that is no JSON', () => {
    expect(() => new NdjsonDecoder().push(Buffer.from('oops\n'))).toThrow(SyntaxError);
  });
});
