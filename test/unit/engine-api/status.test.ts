import { describe, expect, it } from 'vitest';
import { EngineError, type EngineErrorKind, isEngineError } from '../../../src/base/index.ts';
import { drainProgress, errorFromResponse, imageProgressError, kindOfStatus, statusOfKind } from '../../../src/engine-api/index.ts';

const KINDS: EngineErrorKind[] = [
  'notFound', 'conflict', 'invalid', 'notModified', 'forbidden', 'unauthorized', 'unavailable', 'notImplemented', 'cancelled', 'internal',
];

describe('status', () => {
  it.each(KINDS)('%s survives the way over the wire', (kind) => {
    expect(kindOfStatus(statusOfKind(kind))).toBe(kind);
  });

  it('sorts statuses outside the table', () => {
    expect([405, 413, 502, 504, 507].map(kindOfStatus)).toEqual(['invalid', 'invalid', 'unavailable', 'unavailable', 'internal']);
  });

  it.each([
    [404, '{"message":"No such container: x"}\n', 'No such container: x'],
    [409, '{"cause":"in use","message":"name in use","response":409}', 'name in use'],
    [404, '404 page not found\n', '404 page not found'],
    [500, '', 'the engine answered with status 500'],
    [500, '{"other":1}', '{"other":1}'],
  ])('takes the message out of %i %s', (status, body, message) => {
    expect(errorFromResponse(status, body).message).toBe(message);
  });
});

describe('errors inside a progress stream', () => {
  it('become EngineErrors', async () => {
    const failing = (async function* () {
      yield { status: 'Pulling' };
      yield { errorDetail: { message: 'pull access denied for x' }, error: 'pull access denied for x' };
    })();
    const error = await drainProgress(failing).catch((thrown: unknown) => thrown);
    expect(isEngineError(error, 'unauthorized')).toBe(true);
    expect((error as EngineError).message).toBe('pull access denied for x');
  });

  it('are absent from ordinary lines', () => {
    expect(imageProgressError({ stream: 'Step 1/2 : FROM x' })).toBeUndefined();
  });
});
