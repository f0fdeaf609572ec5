import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FrameDecoder } from '../../../../src/engine-api/index.ts';
import { LogEncoder, type LogOptions, logStamp } from '../../../../src/runtime/containers/logs/log-format.ts';
import { sinceOffset, tailOffset } from '../../../../src/runtime/containers/logs/log-position.ts';
import { readLog } from '../../../../src/runtime/containers/logs/log-reader.ts';

interface Record {
  stream: 'stdout' | 'stderr';
  partial: boolean;
  text: string;
}
const ALL: LogOptions = { tty: false, stdout: true, stderr: true, timestamps: false };

const lineText = fc.string({ maxLength: 30 }).map((text) => text.replaceAll('\n', ' '));
const record = fc.record({ stream: fc.constantFrom<'stdout' | 'stderr'>('stdout', 'stderr'), partial: fc.boolean(), text: lineText });

const stampOf = (i: number): string => logStamp(1_700_000_000 + i / 1000);
const fileOf = (records: readonly Record[]): Buffer =>
  Buffer.from(records.map((r, i) => `${stampOf(i)}+00:00 ${r.stream} ${r.partial ? 'P' : 'F'} ${r.text}\n`).join(''));
const bytesOf = (records: readonly Record[], stream: string): string =>
  records.filter((r) => r.stream === stream).map((r) => r.text + (r.partial ? '' : '\n')).join('');

function decode(output: Buffer): { stdout: string; stderr: string; frames: number } {
  const decoder = new FrameDecoder();
  const result = { stdout: '', stderr: '', frames: 0 };
  for (const frame of decoder.push(output)) {
    result[frame.stream === 2 ? 'stderr' : 'stdout'] += frame.data.toString();
    result.frames++;
  }
  expect(decoder.isAtBoundary).toBe(true);
  return result;
}

/** Feeds a log in pieces of the given sizes, as a reader does. */
function encodeInPieces(bytes: Buffer, sizes: readonly number[], options: LogOptions): Buffer {
  const encoder = new LogEncoder(options);
  const out: Buffer[] = [];
  let from = 0;
  let to = 0;
  for (let turn = 0; from < bytes.length; turn++) {
    to = Math.min(bytes.length, Math.max(to, from) + (sizes[turn % sizes.length] ?? 1));
    const { output, used } = encoder.encode(bytes.subarray(from, to), to === bytes.length);
    out.push(output);
    from += used;
    if (used === 0 && to === bytes.length) break;
  }
  return Buffer.concat(out);
}

describe('LogEncoder', () => {
  it('gives every byte of both streams, however the log is cut', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 30 }), fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 }), (records, sizes) => {
        const { stdout, stderr } = decode(encodeInPieces(fileOf(records), sizes, ALL));
        expect(stdout).toBe(bytesOf(records, 'stdout'));
        expect(stderr).toBe(bytesOf(records, 'stderr'));
      }),
    );
  });

  it('joins the pieces of a line and stamps it once', () => {
    const records: Record[] = [
      { stream: 'stdout', partial: true, text: 'one ' },
      { stream: 'stdout', partial: true, text: 'long ' },
      { stream: 'stdout', partial: false, text: 'line' },
    ];
    expect(decode(encodeInPieces(fileOf(records), [60], { ...ALL, timestamps: true }))).toEqual({ stdout: `${stampOf(0)}Z one long line\n`, stderr: '', frames: 1 });
  });

  it('chooses streams and a window of time', () => {
    const records = ['a', 'b', 'c', 'd'].map((text, i): Record => ({ stream: i % 2 ? 'stderr' : 'stdout', partial: false, text }));
    const bytes = fileOf(records);
    expect(decode(encodeInPieces(bytes, [999], { ...ALL, stderr: false })).stdout).toBe('a\nc\n');
    expect(decode(encodeInPieces(bytes, [999], { ...ALL, since: stampOf(1), until: stampOf(2) }))).toMatchObject({ stdout: 'c\n', stderr: 'b\n' });
  });

  it('gives a terminal’s bytes as they were', () => {
    const records: Record[] = [{ stream: 'stdout', partial: false, text: 'x\r' }, { stream: 'stdout', partial: true, text: '$ ' }];
    expect(encodeInPieces(fileOf(records), [7], { ...ALL, tty: true }).toString()).toBe('x\r\n$ ');
  });
});

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsclog-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

async function withFile<T>(bytes: Buffer, body: (file: Awaited<ReturnType<typeof open>>) => Promise<T>): Promise<T> {
  writeFileSync(join(directory, 'log'), bytes);
  const handle = await open(join(directory, 'log'), 'r');
  try {
    return await body(handle);
  } finally {
    await handle.close();
  }
}

/** The reference: walks forwards. A line ends at a full record of its stream, or at the end; lines in the order of their ends. */
function linesOf(records: readonly Record[]): { stream: string; start: number }[] {
  const ended: { stream: string; start: number; end: number }[] = [];
  const open: { [stream: string]: { start: number; end: number } } = {};
  let at = 0;
  for (const r of records) {
    const { start } = open[r.stream] ?? { start: at };
    open[r.stream] = { start, end: at };
    if (!r.partial) {
      ended.push({ stream: r.stream, start, end: at });
      delete open[r.stream];
    }
    at += fileOf([r]).length;
  }
  for (const [stream, place] of Object.entries(open)) ended.push({ stream, ...place });
  return ended.sort((a, b) => a.end - b.end);
}

describe('tailOffset', () => {
  it('finds the last lines of both streams, pieces counted with their line', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 25 }), fc.nat(12), async (records, wanted) => {
        const size = fileOf(records).length;
        const lines = linesOf(records).slice(wanted === 0 ? Number.POSITIVE_INFINITY : -wanted);
        const begin = (['stdout', 'stderr'] as const).map((stream) => Math.min(size, ...lines.filter((line) => line.stream === stream).map((line) => line.start)));
        const missing = wanted - lines.length;
        const expected = missing > 0 ? { offset: 0, begin: [0, 0], missing } : { offset: Math.min(...begin), begin, missing: 0 };
        expect(await withFile(fileOf(records), (file) => tailOffset(file, size, wanted))).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('reads only the end of a large log', async () => {
    const bytes = Buffer.concat(Array.from({ length: 20_000 }, (_, i) => Buffer.from(`${stampOf(i)}+00:00 stdout F line ${i}\n`)));
    await withFile(bytes, async (file) => {
      const { offset } = await tailOffset(file, bytes.length, 10);
      expect(bytes.subarray(offset).toString().split('\n').length).toBe(11);
    });
  });
});

describe('sinceOffset', () => {
  it('never skips a record of the window', async () => {
    const bytes = Buffer.concat(Array.from({ length: 12_000 }, (_, i) => Buffer.from(`${stampOf(i)}+00:00 stdout F line ${i} ${'x'.repeat(i % 90)}\n`)));
    await withFile(bytes, async (file) => {
      for (const wanted of [0, 1, 777, 6000, 11_999, 50_000]) {
        const offset = await sinceOffset(file, bytes.length, stampOf(wanted));
        expect(bytes.indexOf(`${stampOf(wanted)}+`)).toSatisfy((at: number) => at < 0 || offset <= at);
        expect(offset === 0 || bytes[offset - 1] === 0x0a).toBe(true);
      }
    });
  });
});

describe('readLog', () => {
  it('reads rotated files in order, and takes a tail across them', async () => {
    const file = join(directory, 'rotated');
    const make = (from: number, to: number): Buffer =>
      Buffer.from(Array.from({ length: to - from }, (_, i) => `${stampOf(from + i)}+00:00 stdout F ${from + i}\n`).join(''));
    writeFileSync(`${file}.2`, make(0, 5));
    writeFileSync(`${file}.1`, make(5, 9));
    writeFileSync(file, make(9, 12));
    const read = async (more: object): Promise<string> => {
      const chunks: Buffer[] = [];
      for await (const chunk of readLog({ ...ALL, tty: true, file, follow: false, isComplete: () => true, ...more })) chunks.push(chunk);
      return Buffer.concat(chunks).toString().replaceAll('\n', ' ').trim();
    };
    expect(await read({})).toBe('0 1 2 3 4 5 6 7 8 9 10 11');
    expect(await read({ tail: 2 })).toBe('10 11');
    expect(await read({ tail: 6 })).toBe('6 7 8 9 10 11');
    expect(await read({ tail: 100 })).toBe('0 1 2 3 4 5 6 7 8 9 10 11');
    expect(await read({ since: stampOf(8) })).toBe('8 9 10 11');
  });

  it('gives a tail of whole lines where the streams are mixed within lines', async () => {
    const read = async (records: readonly Record[], tail: number): Promise<string> => {
      const file = join(directory, 'mixed');
      writeFileSync(file, fileOf(records));
      const chunks: Buffer[] = [];
      for await (const chunk of readLog({ ...ALL, file, follow: false, isComplete: () => true, tail })) chunks.push(chunk);
      const { stdout, stderr } = decode(Buffer.concat(chunks));
      return `${stdout}|${stderr}`;
    };
    const prompt: Record = { stream: 'stdout', partial: true, text: 'prompt' };
    const complaint: Record = { stream: 'stderr', partial: false, text: 'complaint' };
    expect(await read([prompt, complaint], 1)).toBe('|complaint\n');
    expect(await read([prompt, complaint], 2)).toBe('prompt|complaint\n');
    const rest: Record = { stream: 'stdout', partial: false, text: ' answered' };
    expect(await read([prompt, complaint, rest], 1)).toBe('prompt answered\n|');
    expect(await read([complaint, prompt, complaint, rest], 2)).toBe('prompt answered\n|complaint\n');
  });

  it('finds a tail at the end of one stream without reading all of the other', async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => ({ stream: 'stdout' as const, partial: false, text: `line ${i} ${'x'.repeat(60)}` }));
    const records: Record[] = [...lines, { stream: 'stderr', partial: false, text: 'end' }];
    const bytes = fileOf(records);
    await withFile(bytes, async (file) => {
      let read = 0;
      const counting = new Proxy(file, { get: (target, name) => (name === 'read' ? (...args: Parameters<typeof target.read>) => ((read += 1), target.read(...args)) : Reflect.get(target, name)) });
      expect(await tailOffset(counting, bytes.length, 1)).toMatchObject({ missing: 0, offset: bytes.lastIndexOf('\n', bytes.length - 2) + 1 });
      expect(read).toBeLessThan(5);
    });
  });
});
