/**
 * Requests as no good client sends them, and the answers of dockerd 26, recorded in `dockerd-answers.json`: ours must be the same.
 * Where a dockerd of 25 or newer is given (TSCOMPOSE_TEST_DOCKER_SOCK) the record itself is checked, and with
 * TSCOMPOSE_RECORD=1 written anew.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_API_VERSION } from '../../../src/engine/index.ts';
import { busyboxTar } from '../../support/busybox-image.ts';
import { noContainers, title } from '../../support/host.ts';
import { type OwnEngine, startOwnEngine } from '../../support/own-engine.ts';
import { ask, nameOf, type RawAnswer, rawRequests } from './raw-requests.ts';

const RECORD = join(import.meta.dirname, 'dockerd-answers.json');
const recorded = JSON.parse(readFileSync(RECORD, 'utf8')) as Record<string, RawAnswer>;
const container = `tscraw${process.pid}`;
const given = process.env['TSCOMPOSE_TEST_DOCKER_SOCK'];

const docker = (socket: string, ...args: string[]) => spawnSync('docker', ['-H', `unix://${socket}`, ...args], { encoding: 'utf8' });
const startContainer = (socket: string) => docker(socket, 'run', '-d', '--name', container, 'busybox:latest', 'sh', '-c', 'echo hi; exec sleep 10000');
const apiVersion = (socket: string): string => docker(socket, 'version', '--format', '{{.Server.APIVersion}}').stdout.trim();

/** What our engine may say otherwise. */
const ALLOWED: Readonly<Record<string, (answer: RawAnswer) => RawAnswer>> = {
  'POST /containers/@/kill?signal=x': (answer) => ({ ...answer, body: answer.body.replace('cannot kill container: @: invalid', 'Invalid') }),
  'POST /containers/@/update {}': (answer) => ({ ...answer, body: answer.body.replace('null', '[]') }),
};

const cases = rawRequests.map((raw) => [nameOf(raw), raw] as const);
const same = (answer: RawAnswer): RawAnswer => answer;

describe.skipIf(noContainers())(title('our engine answers raw requests as dockerd does', noContainers()), () => {
  let own: OwnEngine;
  beforeAll(async () => {
    own = await startOwnEngine();
    busyboxTar(join(own.root, 'busybox.tar'));
    docker(own.socket, 'import', join(own.root, 'busybox.tar'), 'busybox:latest');
    const started = startContainer(own.socket);
    if (started.status !== 0) throw new Error(started.stderr);
  });
  afterAll(() => own?.stop());

  it.each(cases)('%s', async (name, raw) => {
    const allow = ALLOWED[name] ?? same;
    const expected = recorded[name];
    expect(allow(await ask(own.socket, raw, container, MAX_API_VERSION))).toEqual(expected && allow(expected));
  });
});

if (given && Number(apiVersion(given).split('.')[1]) >= 44) {
  describe('a given dockerd answers raw requests as recorded', () => {
    const answers: Record<string, RawAnswer> = {};
    beforeAll(() => void startContainer(given));
    afterAll(() => {
      docker(given, 'rm', '-f', container);
      if (process.env['TSCOMPOSE_RECORD'] === '1') writeFileSync(RECORD, `${JSON.stringify(answers, null, 1)}\n`);
    });

    it.each(cases)('%s', async (name, raw) => {
      answers[name] = await ask(given, raw, container, apiVersion(given));
      if (process.env['TSCOMPOSE_RECORD'] !== '1') expect(answers[name]).toEqual(recorded[name]);
    });
  });
}
