/** Secrets of a build. They travel with the request and are never stored. */
import { readFile } from 'node:fs/promises';
import { errorMessage, UserError } from '../base/index.ts';
import type { Project, Service } from '../compose/index.ts';

/** Secret id (the mount's target, else its source) to base64 content. @throws UserError `secret.undefined`, `secret.unset`, `file.unreadable` */
export async function readBuildSecrets(project: Project, service: Service): Promise<Record<string, string>> {
  const secrets: Record<string, string> = {};
  for (const mount of service.build?.secrets ?? []) {
    const object = project.secrets[mount.source];
    if (!object) throw new UserError(`services.${service.name}.build: undefined secret ${mount.source}`, { code: 'secret.undefined', exitCode: 15 });
    // A build names its secrets; a path that the loader put there as for a service's mount is not meant.
    const id = mount.target === undefined || mount.target === `/run/secrets/${mount.source}` ? mount.source : mount.target;
    const content = object.file === undefined ? (object.content ?? project.environment[object.environment ?? '']) : await read(mount.source, object.file);
    if (content === undefined) throw new UserError(`environment variable "${object.environment ?? ''}" required by secret "${mount.source}" is not set`, { code: 'secret.unset' });
    secrets[id] = Buffer.from(content).toString('base64');
  }
  return secrets;
}

async function read(name: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new UserError(`secret "${name}": cannot read ${path}: ${errorMessage(error)}`, { code: 'file.unreadable', cause: error });
  }
}
