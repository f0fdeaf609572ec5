/** A project of a test's own on a real dockerd, gone when the test is over. */
import { PassThrough, Readable } from 'node:stream';
import { connectEngine } from '../../../src/engine-api/index.ts';
import type { Project } from '../../../src/compose/index.ts';
import * as controller from '../../../src/controller/index.ts';
import { project, type ProjectInput } from '../../unit/controller/model.ts';

export interface Stack {
  readonly project: Project;
  readonly context: controller.ProjectContext;
  readonly events: controller.ControllerEvent[];
  /** The same project name with another file. */
  with(input: Omit<ProjectInput, 'name'>): Stack;
  containers(): Promise<readonly controller.ObservedContainer[]>;
  /** Runs a command in a service's container; answers what it wrote. */
  exec(service: string, ...command: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  planText(options?: controller.UpVerbOptions): Promise<string>;
}

/** @param cleanups  functions for `afterEach`, last first */
export function stackOn(socket: string, input: Omit<ProjectInput, 'name'>, cleanups: (() => Promise<unknown>)[]): Stack {
  const name = `ctl${process.pid}x${Math.random().toString(36).slice(2, 8)}`;
  const engine = connectEngine({ host: `unix://${socket}`, env: {} });
  cleanups.push(() => engine.close());
  cleanups.push(() => controller.down({ engine, projectName: name }, { volumes: true, removeOrphans: true, timeoutSeconds: 0 }));
  return make(engine, name, input);
}

function make(engine: controller.EngineContext['engine'], name: string, input: Omit<ProjectInput, 'name'>): Stack {
  const model = project({ ...input, name });
  const events: controller.ControllerEvent[] = [];
  const context: controller.ProjectContext = { engine, project: model, onEvent: (event) => void events.push(event) };
  return {
    project: model,
    context,
    events,
    with: (other) => make(engine, name, other),
    containers: async () => (await controller.observe({ engine }, { project: name })).containers,
    exec: async (service, ...command) => {
      const [out, err] = [collect(), collect()];
      const code = await controller.exec(context, { service, command }, { stdin: Readable.from([]), stdout: out.stream, stderr: err.stream });
      return { code, stdout: out.text(), stderr: err.text() };
    },
    planText: async (options = {}) => controller.formatPlan(await controller.planOfUp(context, options)),
  };
}

export function collect(): { stream: PassThrough; text: () => string } {
  const stream = new PassThrough();
  const parts: Buffer[] = [];
  stream.on('data', (part: Buffer) => parts.push(part));
  return { stream, text: () => Buffer.concat(parts).toString('utf8') };
}
