import { request } from 'node:http';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './measure.ts';
import { busyboxTree } from './tools.ts';

/** Imports `busybox:latest`, and `labnet:latest` (busybox and iperf3) when iperf3 is installed, into the engine behind a unix socket. */
export async function importImages(socketPath: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'tscompose-bench-images-'));
  try {
    await importTree(socketPath, directory, 'busybox', []);
    if (run(['sh', '-c', 'command -v iperf3'], { check: false }).exitCode === 0) await importTree(socketPath, directory, 'labnet', ['iperf3']);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function importTree(socketPath: string, directory: string, name: string, programs: readonly string[]): Promise<void> {
  const tree = join(directory, name);
  busyboxTree(tree, programs);
  run(['tar', '-C', tree, '--numeric-owner', '--owner=0', '--group=0', '-cf', `${tree}.tar`, '.']);
  const answer = await post(socketPath, `/images/create?fromSrc=-&repo=${name}&tag=latest`, `${tree}.tar`);
  if (/"error"/.test(answer)) throw new Error(`import of ${name}: ${answer}`);
}

function post(socketPath: string, path: string, file: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path, method: 'POST', headers: { 'content-type': 'application/x-tar' } }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => (response.statusCode === 200 ? resolve(text) : reject(new Error(`HTTP ${response.statusCode}: ${text}`))));
    });
    call.on('error', reject);
    createReadStream(file).pipe(call);
  });
}
