import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ResponseContext, type ResponseHead, ResponseParser } from '../../../src/engine-api/http-parser.ts';

interface Seen {
  head: ResponseHead | undefined;
  body: string;
  ended: number;
  rest: string;
  reuse: boolean;
}

function parse(text: string | Buffer, cuts: readonly number[], context: Partial<ResponseContext> = {}, close = false): Seen {
  const seen: Seen = { head: undefined, body: '', ended: 0, rest: '', reuse: false };
  const parser = new ResponseParser(
    { method: 'GET', hijack: false, ...context },
    {
      onHead: (head) => (seen.head = head),
      onData: (piece) => (seen.body += piece.toString('latin1')),
      onEnd: () => seen.ended++,
    },
  );
  const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const end = Math.min(bytes.length, at + (cuts[i % cuts.length] ?? 1));
    if (parser.isDone || parser.isUpgraded) seen.rest += bytes.toString('latin1', at, end);
    else seen.rest += parser.feed(Buffer.from(bytes.subarray(at, end)))?.toString('latin1') ?? '';
    at = end;
  }
  if (close) parser.end();
  seen.reuse = parser.canReuse;
  return seen;
}

const cutting = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 });
const everyCut = (check: (cuts: number[]) => void): void => fc.assert(fc.property(cutting, (cuts) => void check(cuts)), { numRuns: 60 });

describe('an answer', () => {
  it('of known length is read under any cutting, and leaves what follows', () => {
    everyCut((cuts) => {
      const seen = parse('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nx-a:2\r\n\r\nhellomore', cuts);
      expect(seen).toEqual({
        head: { status: 200, headers: expect.objectContaining({ 'content-length': '5', 'x-a': '1, 2' }) as unknown },
        body: 'hello', ended: 1, rest: 'more', reuse: true,
      });
    });
  });

  it('in chunks is read under any cutting and chunking', () => {
    const pieces = fc.array(fc.string({ minLength: 1, maxLength: 40, unit: 'binary-ascii' }), { maxLength: 12 });
    fc.assert(
      fc.property(pieces, cutting, fc.constantFrom('', ';ext=1', ' '), fc.constantFrom('', 'X-T: 1\r\n'), (body, cuts, extension, trailer) => {
        const chunks = body.map((piece) => `${piece.length.toString(16).toUpperCase()}${extension}\r\n${piece}\r\n`).join('');
        const seen = parse(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n${trailer}\r\nrest`, cuts);
        expect(seen).toMatchObject({ body: body.join(''), ended: 1, rest: 'rest', reuse: true });
      }),
    );
  });

  it('with many small chunks comes as one piece per read', () => {
    const pieces: number[] = [];
    const parser = new ResponseParser({ method: 'GET', hijack: false }, { onHead: () => {}, onData: (piece) => pieces.push(piece.length), onEnd: () => {} });
    parser.feed(Buffer.from(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'5\r\nline\n\r\n'.repeat(1000)}`));
    expect(pieces).toEqual([5000]);
  });

  it('without a length goes on until the connection ends, and then the connection is spent', () => {
    everyCut((cuts) => {
      expect(parse('HTTP/1.0 200 OK\r\n\r\nabc', cuts, {}, true)).toMatchObject({ body: 'abc', ended: 1, reuse: false });
    });
  });

  it.each([
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', {}],
    ['304 with a length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n', {}],
    ['HEAD with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n', { method: 'HEAD' }],
    ['an empty body', 'HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n', {}],
  ])('%s has no body', (_name, text, context) => {
    everyCut((cuts) => expect(parse(text, cuts, context)).toMatchObject({ body: '', ended: 1, rest: '', reuse: true }));
  });

  it('of 100 Continue is only a preface', () => {
    everyCut((cuts) => {
      const seen = parse('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok', cuts);
      expect(seen).toMatchObject({ head: { status: 201 }, body: 'ok', ended: 1 });
    });
  });

  it.each([
    ['101', 'HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n', {}],
    ['200 without a length to a hijacking request', 'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n', { method: 'POST', hijack: true }],
  ])('%s hands the connection over', (_name, head, context) => {
    everyCut((cuts) => expect(parse(`${head}raw\0bytes`, cuts, context)).toMatchObject({ ended: 0, rest: 'raw\0bytes' }));
  });

  it('says close when the connection is not to be used again', () => {
    expect(parse('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', [99])).toMatchObject({ ended: 1, reuse: false });
  });

  it.each([
    ['SSH-2.0-OpenSSH_9.2\r\n', 'not HTTP'],
    ['HTTP/1.1 abc\r\n\r\n', 'bad status line'],
    ['HTTP/1.1 200 OK\r\nbroken\r\n\r\n', 'bad header'],
    ['HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', 'bad content-length'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 'bad chunk size'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n', 'chunk longer than its size'],
    [`HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(300_000)}`, 'endless headers'],
  ])('that is malformed (%#) is refused', (text, message) => {
    expect(() => parse(text, [100_000])).toThrow(message);
  });

  it.each([
    ['', 'without an answer'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab', 'in the middle'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n', 'in the middle'],
  ])('that is cut off (%#) is an error', (text, message) => {
    expect(() => parse(text, [7], {}, true)).toThrow(message);
  });
});
