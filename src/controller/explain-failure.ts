/** Looks for who is in the way when a step failed, so that the message can say it. */
import { EngineError, UserError } from '../base/index.ts';
import type { EngineContext } from './context.ts';
import { plainError, StepError } from './execute.ts';
import { Label } from './identity.ts';

const PORT_TAKEN = /port is already allocated|address already in use/i;

/** The error to show for what `execute` threw, with the culprit named where one can be found. Never throws. */
export async function explained(context: EngineContext, error: unknown): Promise<unknown> {
  const plain = plainError(error);
  if (!(error instanceof StepError) || error.step.action.kind !== 'startContainer' || !(plain instanceof EngineError) || !PORT_TAKEN.test(plain.message)) return plain;
  const holder = await portHolder(context, plain.message).catch(() => undefined); // an explanation that cannot be had is left out
  if (!holder) return plain;
  return new UserError(plain.message, { code: 'port.taken', cause: plain, hint: holder });
}

/** `Bind for 0.0.0.0:8080 failed: port is already allocated`, `listen tcp4 0.0.0.0:80: bind: address already in use` */
async function portHolder({ engine }: EngineContext, message: string): Promise<string | undefined> {
  const port = Number(/:(\d{1,5})(?::| failed|\b)/.exec(message.replace(/^[^]*?(?=Bind for|listen )/, ''))?.[1]);
  if (!Number.isInteger(port) || port === 0) return undefined;
  const containers = await engine.containers.list({});
  const holder = containers.find((c) => c.Ports?.some((p) => p.PublicPort === port));
  if (!holder) return `port ${port} is used by a program outside the engine: look with \`ss -ltnp 'sport = :${port}'\``;
  const project = holder.Labels[Label.project];
  const name = holder.Names[0]?.replace(/^\//, '') ?? holder.Id.slice(0, 12);
  return `port ${port} is published by container ${name}${project === undefined ? '' : ` of project ${project}`}`;
}
