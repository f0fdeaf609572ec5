import { containersClient, execClient } from './client-containers.ts';
import { imagesClient } from './client-images.ts';
import { networksClient, systemClient, volumesClient } from './client-system.ts';
import type { ContainersApi, Engine, ExecApi, ImagesApi, NetworksApi, SystemApi, VolumesApi } from './engine.ts';
import type { Endpoint } from './endpoint.ts';
import { Wire } from './wire.ts';

export interface HttpEngineOptions {
  endpoint: Endpoint;
  /** Starts the engine when nobody listens at the endpoint; see `connectEngine`. */
  wake?: () => Promise<void>;
}

/**
 * An engine behind a socket: ours, dockerd 20.10 or newer, podman. Making one connects nothing; the first call does.
 * Idle connections do not keep the process alive.
 */
export class HttpEngine implements Engine {
  readonly endpoint: Endpoint;
  readonly system: SystemApi;
  readonly containers: ContainersApi;
  readonly exec: ExecApi;
  readonly images: ImagesApi;
  readonly networks: NetworksApi;
  readonly volumes: VolumesApi;
  readonly #wire: Wire;

  constructor(options: HttpEngineOptions) {
    const wire = new Wire(options);
    this.#wire = wire;
    this.endpoint = options.endpoint;
    this.system = systemClient(wire);
    this.containers = containersClient(wire);
    this.exec = execClient(wire);
    this.images = imagesClient(wire);
    this.networks = networksClient(wire);
    this.volumes = volumesClient(wire);
  }

  /** The API version both sides speak, learned from the first answer; undefined before it. */
  get apiVersion(): string | undefined {
    return this.#wire.apiVersion;
  }

  /** Closes every connection; open streams end with an error of kind `cancelled`. */
  async close(): Promise<void> {
    this.#wire.close();
  }
}
