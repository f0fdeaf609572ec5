/** Pinning images to the digests that their registries have now. */
import type { Project } from '../../compose/index.ts';
import { connect } from '../connection.ts';
import type { Cli } from '../context.ts';
import { registryCredentials } from '../credentials.ts';

/** The project with `image: name:tag@sha256:...`. @throws EngineError when a registry cannot be asked */
export async function withDigests(cli: Cli, project: Project): Promise<Project> {
  const { engine } = connect(cli);
  try {
    const services = await Promise.all(
      Object.entries(project.services).map(async ([name, service]) => {
        if (service.image === undefined || service.image.includes('@')) return [name, service] as const;
        const auth = await registryCredentials(cli.env, registryOf(service.image));
        const { Descriptor } = await engine.images.distribution(service.image, auth);
        return [name, { ...service, image: `${service.image}@${Descriptor.digest}` }] as const;
      }),
    );
    return { ...project, services: Object.fromEntries(services) };
  } finally {
    await engine.close();
  }
}

/** An override file with nothing but the pinned images. */
export async function lockFile(cli: Cli, project: Project, format: 'yaml' | 'json'): Promise<string> {
  const pinned = await withDigests(cli, project);
  const services = Object.values(pinned.services).flatMap((service) => (service.image === undefined ? [] : [[service.name, { image: service.image }] as const]));
  if (format === 'json') return `${JSON.stringify({ services: Object.fromEntries(services) }, null, 2)}\n`;
  return services.length === 0 ? 'services: {}\n' : `services:\n${services.map(([name, { image }]) => `  ${name}:\n    image: ${image}\n`).join('')}`;
}

function registryOf(image: string): string {
  const first = image.split('/')[0] ?? '';
  return image.includes('/') && /[.:]|^localhost$/.test(first) ? first : 'docker.io';
}
