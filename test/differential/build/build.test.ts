/** Images equal BuildKit's, and so do the reasons why there is none. Answers are recorded; where there is a BuildKit, they are asked for again. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../../src/base/index.ts';
import { build } from '../../../src/controller/index.ts';
import { openBuildLab, tryBuild, type BuildLab } from '../../kernel/build/support.ts';
import { busyboxTar } from '../../support/busybox-image.ts';
import { noContainers, title } from '../../support/host.ts';
import { project } from '../../unit/controller/model.ts';
import { allow, faultDifference } from './allowed.ts';
import { BASE, startBuildKit, type BuildKit, type Fault } from './buildkit.ts';
import { cases, faults, isFromScratch, type Case } from './cases.ts';
import { localContextOf, writeContext } from './context.ts';
import { observe, type ImageFacts } from './observe.ts';

const reason = noContainers();
const RECORDED = join(import.meta.dirname, 'buildkit-answers.json');
const answers = JSON.parse(readFileSync(RECORDED, 'utf8')) as { images: Record<string, ImageFacts>; faults: Record<string, Fault> };

let lab: BuildLab;
let buildkit: BuildKit | undefined;
let directory = '';

beforeAll(async () => {
  if (reason) return;
  directory = mkdtempSync(join(tmpdir(), 'tsc-diff-'));
  busyboxTar(join(directory, 'base.tar'));
  const tar = readFileSync(join(directory, 'base.tar'));
  lab = await openBuildLab();
  for await (const { error } of await lab.runtime.images.import({ repo: 'tsc-base', tag: 'latest', changes: [...BASE.changes] }, Readable.from([tar]))) if (error) throw new Error(error);
  buildkit = await startBuildKit(tar);
});

afterAll(async () => {
  if (reason) return;
  if (process.env['TSCOMPOSE_RECORD'] === '1') writeFileSync(RECORDED, `${JSON.stringify(answers, null, 1)}\n`);
  await buildkit?.stop();
  await lab.close();
  rmSync(directory, { recursive: true });
});

async function ours(one: Case): Promise<ImageFacts> {
  const context = mkdtempSync(join(directory, 'c-'));
  writeContext(context, one);
  const secrets = Object.fromEntries(Object.entries(one.secrets ?? {}).map(([id, value]) => [id, Buffer.from(value).toString('base64')]));
  const built = await tryBuild(lab, Readable.from([]), { tags: ['tsc-case'], buildArgs: { ...one.args }, ...(one.target !== undefined && { target: one.target }), extra: { secrets, localContexts: localContextOf(context) } });
  if (built.error) throw new Error(`${built.text}\n${built.error.message}`);
  const archive = await buffer(await lab.runtime.images.save(['tsc-case']));
  return observe(archive, isFromScratch(one) ? { layers: 0, history: 0 } : BASE);
}

/** As a user sees it: through the controller, with the context read in place. */
async function oursFailing(one: Case): Promise<Fault> {
  const context = mkdtempSync(join(directory, 'c-'));
  writeContext(context, one);
  const model = project({ services: { web: { image: 'tsc-case', build: { context, ...(one.target !== undefined && { target: one.target }) } } } });
  const error = await build({ project: model, engine: lab.runtime, ownEngine: true }).catch((thrown: unknown) => thrown);
  if (!(error instanceof UserError)) throw new Error(`no failure: ${String(error)}`);
  return { message: error.message, code: error.exitCode };
}

describe.skipIf(reason)(title('images equal BuildKit\'s', reason), () => {
  it.each(cases)('$title', async (one) => {
    if (buildkit) answers.images[one.title] = await buildkit.build(one);
    expect(allow(one, await ours(one))).toEqual(allow(one, answers.images[one.title]));
  });
});

describe.skipIf(reason)(title('what is wrong is refused as by BuildKit', reason), () => {
  it.each(faults)('$title', async (one) => {
    if (buildkit) answers.faults[one.title] = buildkit.fail(one);
    expect(faultDifference(one, await oursFailing(one), answers.faults[one.title])).toBeUndefined();
  });
});
