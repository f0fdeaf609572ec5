import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeOutput, encodeFrame, encodeFrameHeader, type Frame, FrameDecoder, type StreamId } from '../../../src/engine-api/index.ts';

const frame = fc.record({ stream: fc.constantFrom<StreamId>(1, 2), data: fc.uint8Array({ maxLength: 40 }) });

/** What was said, in order, with neighbours of one stream joined: all that a cut stream can promise. */
function said(frames: readonly { stream: number; data: Uint8Array }[]): { stream: number; text: string }[] {
  const runs: { stream: number; text: string }[] = [];
  for (const { stream, data } of frames) {
    if (data.length === 0) continue;
    const last = runs.at(-1);
    const text = Buffer.from(data).toString('hex');
    if (last?.stream === stream) last.text += text;
    else runs.push({ stream, text });
  }
  return runs;
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const end = Math.min(bytes.length, at + (sizes[i % sizes.length] ?? 1));
    chunks.push(Buffer.from(bytes.subarray(at, end)));
    at = end;
  }
  return chunks;
}

describe('frames', () => {
  it.each([false, true])('come out as they went in, however the bytes are cut (merge: %s)', (merge) => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 20 }), fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 9 }), (frames, sizes) => {
        const decoder = new FrameDecoder({ merge });
        const bytes = Buffer.concat(frames.map(({ stream, data }) => encodeFrame(stream, data)));
        const out = cut(bytes, sizes).flatMap((chunk) => decoder.push(chunk));
        expect(said(out)).toEqual(said(frames));
        expect(decoder.isAtBoundary).toBe(true);
      }),
    );
  });

  it('keeps each frame apart when it is not asked to merge', () => {
    const bytes = Buffer.concat([encodeFrame(1, Buffer.from('a\n')), encodeFrame(1, Buffer.from('b\n'))]);
    expect(new FrameDecoder().push(bytes).map(({ data }) => data.toString())).toEqual(['a\n', 'b\n']);
  });

  it('gives one buffer for a run of lines of one stream when it merges', () => {
    const line = encodeFrame(2, Buffer.from('line\n'));
    const frames = new FrameDecoder({ merge: true }).push(Buffer.concat(Array.from({ length: 1000 }, () => line)));
    expect(frames).toEqual([{ stream: 2, data: Buffer.from('line\n'.repeat(1000)) }]);
  });

  it('gives a payload of 4 GiB piece by piece without holding it', () => {
    const decoder = new FrameDecoder();
    expect(decoder.push(encodeFrameHeader(1, 0xffffffff))).toEqual([]);
    expect(decoder.push(Buffer.from('abc'))).toEqual([{ stream: 1, data: Buffer.from('abc') }]);
    expect(decoder.isAtBoundary).toBe(false);
  });

  it('refuses what is no frame', () => {
    expect(() => new FrameDecoder().push(Buffer.from('hello, terminal'))).toThrow('not a multiplexed stream');
  });

  it('passes a terminal through as stdout', async () => {
    const source = (async function* () {
      yield Buffer.from('raw');
    })();
    const batches: Frame[][] = [];
    for await (const batch of decodeOutput(source, { tty: true })) batches.push(batch);
    expect(batches).toEqual([[{ stream: 1, data: Buffer.from('raw') }]]);
  });
});
