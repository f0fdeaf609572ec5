/** Verbs on one container: `wait`, `commit`, `export`. */
import type { Readable } from 'node:stream';
import { UserError } from '../base/index.ts';
import { callOptions, projectNameOf, type NamedContext } from './context.ts';
import { findContainers, findOne } from './find-containers.ts';
import { parseImageReference } from './image-reference.ts';

/**
 * Blocks until the containers of the services stop.
 * @param onExit  called for each as it stops
 * @returns the exit code of the first one that stopped with another than 0, else 0
 * @throws UserError `container.notRunning` when nothing runs
 */
export async function wait(context: NamedContext, options: { readonly services?: readonly string[] }, onExit?: (container: string, exitCode: number) => void): Promise<number> {
  const running = await findContainers(context, { services: options.services ?? [], all: false });
  if (running.length === 0) throw new UserError(`no running containers for project "${projectNameOf(context)}"`, { code: 'container.notRunning' });
  let code = 0;
  await Promise.all(
    running.map(async ({ id, name }) => {
      const { exit } = await context.engine.containers.wait(id, { condition: 'not-running' }, callOptions(context));
      const { StatusCode } = await exit;
      if (code === 0) code = StatusCode;
      onExit?.(name, StatusCode);
    }),
  );
  return code;
}

export interface CommitOptions {
  readonly service: string;
  readonly index?: number;
  /** `repository[:tag]`; without it the image has no name. */
  readonly reference?: string;
  readonly author?: string;
  readonly message?: string;
  /** Default true. */
  readonly pause?: boolean;
  /** Dockerfile instructions. */
  readonly changes?: readonly string[];
}

/** Makes an image of a service's container. @returns its id */
export async function commit(context: NamedContext, options: CommitOptions): Promise<string> {
  const container = await findOne(context, options.service, { index: options.index, all: true });
  const target = options.reference === undefined ? undefined : parseImageReference(options.reference);
  const { Id } = await context.engine.images.commit(
    {
      container: container.id,
      pause: options.pause ?? true,
      ...(target && { repo: target.name, tag: target.tag }),
      ...(options.author !== undefined && { author: options.author }),
      ...(options.message !== undefined && { comment: options.message }),
      ...(options.changes && { changes: [...options.changes] }),
    },
    undefined,
    callOptions(context),
  );
  return Id;
}

/** The file system of a service's container as a tar stream. */
export async function exportContainer(context: NamedContext, options: { readonly service: string; readonly index?: number }): Promise<Readable> {
  const container = await findOne(context, options.service, { index: options.index, all: true });
  return context.engine.containers.export(container.id, callOptions(context));
}
