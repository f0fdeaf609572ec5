import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineBuffer, prefixLines, TimestampStripper } from '../../../src/controller/log-lines.ts';

/** Any bytes, cut anywhere. */
const chunked = fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(300), { maxLength: 6 })).map(([bytes, cuts]) => {
  const text = Buffer.from(bytes.map((byte) => (byte % 7 === 0 ? 10 : byte)));
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  return { text, chunks: [...places, text.length].map((end, i) => text.subarray(places[i - 1] ?? 0, end)) };
});

function throughBuffer(chunks: readonly Buffer[]): Buffer[] {
  const buffer = new LineBuffer();
  const pieces = chunks.flatMap((chunk) => {
    const copy = Buffer.from(chunk);
    const lines = buffer.push(copy);
    const kept = lines && Buffer.from(lines);
    copy.fill(0); // the owner uses its memory again
    return kept ?? [];
  });
  return [...pieces, ...[buffer.finish()].filter((piece) => piece !== undefined)];
}

describe('LineBuffer', () => {
  it('gives whole lines only and loses no byte, wherever the chunks are cut', () => {
    fc.assert(
      fc.property(chunked, ({ text, chunks }) => {
        const pieces = throughBuffer(chunks);
        for (const piece of pieces) expect(piece.at(-1)).toBe(10);
        const expected = text.length === 0 || text.at(-1) === 10 ? text : Buffer.concat([text, Buffer.of(10)]);
        expect(Buffer.concat(pieces)).toEqual(expected);
      }),
    );
  });

  it('gives a line without an end out before it fills the memory', () => {
    const buffer = new LineBuffer();
    let given = 0;
    for (let i = 0; i < 64; i++) given += buffer.push(Buffer.alloc(64 * 1024, 120))?.length ?? 0;
    expect(given).toBeGreaterThan(2 * 1024 * 1024);
  });
});

describe('prefixLines', () => {
  it('does what copying line by line does, for any bytes', () => {
    fc.assert(
      fc.property(chunked, fc.string({ unit: 'grapheme' }).filter((prefix) => !prefix.includes('\n')), ({ text }, prefix) => {
        const lines = text.length === 0 || text.at(-1) === 10 ? text : Buffer.concat([text, Buffer.of(10)]);
        const slow: Buffer[] = [];
        for (let start = 0; start < lines.length; ) {
          const end = lines.indexOf(10, start) + 1;
          slow.push(Buffer.from(prefix), lines.subarray(start, end));
          start = end;
        }
        expect(prefixLines(lines, prefix)).toEqual(Buffer.concat(slow));
      }),
    );
  });

  it('works through buffers larger than a piece, and lines longer than one', () => {
    const line = `${'y'.repeat(50_000)}\n`;
    const lines = Buffer.from(line.repeat(5) + `${'z'.repeat(200_000)}\n` + line);
    expect(prefixLines(lines, 'p| ').toString()).toBe(lines.toString().replace(/^(?=[yz])/gm, 'p| '));
  });
});

describe('TimestampStripper', () => {
  const stamp = (n: number) => `2026-01-02T03:04:05.${String(n).padStart(9, '0')}Z`;
  const log = (...numbers: number[]) => Buffer.from(numbers.map((n) => `${stamp(n)} line ${n}\n`).join(''));

  it('takes timestamps off, or leaves them when they are wanted', () => {
    expect(new TimestampStripper({ keep: false }).push(log(1, 2))?.toString()).toBe('line 1\nline 2\n');
    expect(new TimestampStripper({ keep: true }).push(log(1))?.toString()).toBe(`${stamp(1)} line 1\n`);
  });

  it('drops what was seen before a reconnection, and nothing else', () => {
    const stripper = new TimestampStripper({ keep: false });
    stripper.push(log(1, 2));
    stripper.reconnected();
    expect(stripper.push(log(1))).toBeUndefined();
    expect(stripper.push(log(2, 3, 4))?.toString()).toBe('line 3\nline 4\n');
    expect(stripper.push(log(5))?.toString()).toBe('line 5\n');
  });

  it('keeps lines that have no timestamp', () => {
    expect(new TimestampStripper({ keep: false }).push(Buffer.from('no stamp here\n2026 and so on\n\n'))?.toString()).toBe('no stamp here\n2026 and so on\n\n');
  });
});
