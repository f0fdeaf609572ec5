import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { EngineError } from '../../../src/base/index.ts';
import { exec } from '../../../src/controller/index.ts';
import type { Engine } from '../../../src/engine-api/index.ts';

describe('exec', () => {
  it('says that the engine has gone when nobody knows the session any more', async () => {
    const summary = { Id: 'c1', Names: ['/demo-web-1'], Labels: { 'com.docker.compose.project': 'demo', 'com.docker.compose.service': 'web' }, State: 'running', Status: 'Up' };
    const stream = new PassThrough();
    stream.end(); // the connection broke
    const engine = {
      containers: { list: () => Promise.resolve([summary]) },
      exec: {
        create: () => Promise.resolve({ Id: 'e1' }),
        start: () => Promise.resolve({ stream, tty: false }),
        inspect: () => Promise.reject(new EngineError('notFound', 'No such exec instance: e1')),
      },
    } as unknown as Engine;
    const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
    await expect(exec({ engine, projectName: 'demo' }, { service: 'web', command: ['true'] }, streams)).rejects.toMatchObject({
      code: 'engine.gone',
      message: 'the engine ended while the command ran: its exit code is unknown',
    });
  });
});
