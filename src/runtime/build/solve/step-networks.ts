/**
 * Network namespaces of one build's RUN steps. Making one costs about as much as all the rest around a step, so a step that
 * ends leaves its namespace to the next one; steps that run at the same time never share one.
 */
import type { NetworksRoom, StepRequest } from '../../parts.ts';
import { newStepId } from './roots.ts';

type Sandbox = NonNullable<StepRequest['sandbox']>;

export interface NetworkUse {
  /** Undefined for `host` and `none`, which the step runner makes itself. */
  readonly sandbox: Sandbox | undefined;
  release(): void;
}

export class StepNetworks {
  readonly #networks: NetworksRoom;
  readonly #extraHosts: readonly string[];
  readonly #idle = new Map<string, Sandbox[]>();
  readonly #ids: string[] = [];

  constructor(networks: NetworksRoom, extraHosts: readonly string[]) {
    this.#networks = networks;
    this.#extraHosts = extraHosts;
  }

  /** @param network  as in StepRequest @throws EngineError notFound for a network that there is not */
  async use(network: string): Promise<NetworkUse> {
    if (network === 'host' || network === 'none') return { sandbox: undefined, release: () => {} };
    const idle = this.#idle.get(network) ?? [];
    this.#idle.set(network, idle);
    const sandbox = idle.pop() ?? (await this.#attach(network));
    return { sandbox, release: () => void idle.push(sandbox) };
  }

  #attach(network: string): Promise<Sandbox> {
    const id = newStepId();
    this.#ids.push(id);
    const isDefault = network === 'default' || network === '' || network === 'bridge';
    return this.#networks.attachBuildStep(id, this.#extraHosts, isDefault ? undefined : network);
  }

  async close(): Promise<void> {
    await Promise.all(this.#ids.splice(0).map((id) => this.#networks.detach(id)));
  }
}
