import type { Logger } from '../../base/index.ts';
import { overlaps } from './address.ts';
import { parseBridgeOptions } from './bridge-options.ts';
import { builtInNetwork, subnetOfRecord } from './create.ts';
import type { CreateContext } from './create.ts';
import type { FirewallState } from './firewall.ts';
import type { ForwardPolicy } from './forward-policy.ts';
import type { HostLinks } from './host-links.ts';
import type { HostSettings } from './host-settings.ts';
import { firewallPorts } from './ports.ts';
import type { NetworkRecord } from './records.ts';
import type { NetworkState } from './state.ts';

const LINGER_MS = 1000;
const LOOK_EVERY_MS = 1000;
/** Bridges that Docker and Podman make. */
const FOREIGN = /^(docker\d+|br-[0-9a-f]{12}|podman\d+|cni-podman\d+)$/;

/**
 * Which bridges exist on the host. A user network has its bridge from creation to removal; the default network only while
 * containers use it, so that an idle engine leaves no trace.
 */
export class HostNetwork {
  readonly #links: HostLinks;
  readonly #settings: HostSettings;
  readonly #state: NetworkState;
  readonly #policy: ForwardPolicy;
  readonly #logger: Logger;
  /** Ids of networks whose bridge this process has seen up. */
  readonly #up = new Set<string>();
  #foreign: readonly string[] = [];
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The default bridge going away: whoever wants it again has to wait. */
  #removal: Promise<void> | undefined;
  readonly #background = new Set<Promise<void>>();

  constructor(options: { links: HostLinks; settings: HostSettings; state: NetworkState; policy: ForwardPolicy; logger: Logger }) {
    this.#links = options.links;
    this.#settings = options.settings;
    this.#state = options.state;
    this.#policy = options.policy;
    this.#logger = options.logger;
  }

  /** Makes the bridge when it is missing. @returns whether it is new to the firewall */
  ensure(network: NetworkRecord): boolean {
    this.#settings.enableForwarding(4);
    if (network.enableIPv6) this.#settings.enableForwarding(6);
    this.#links.ensureBridge(network);
    if (this.#up.has(network.id)) return false;
    this.#up.add(network.id);
    return true;
  }

  /**
   * The default network has a subnet but, while nobody uses it, no bridge: meanwhile the host (a VPN, another engine) may have come
   * to use that subnet. Then it takes another one. To be called before addresses on it are planned.
   */
  settleDefault(contextOf: (id: string) => CreateContext): void {
    const network = this.#state.networks().find((each) => each.isBuiltIn && each.driver === 'bridge');
    if (!network || this.#up.has(network.id) || this.#state.endpointsOn(network.id).length > 0) return;
    const context = contextOf(network.id);
    const used = context.hostSubnets();
    if (!network.pools.some((pool) => used.some((subnet) => overlaps(subnet, subnetOfRecord(pool))))) return;
    const others = context.networks.filter((each) => each !== network);
    this.#state.putNetwork({ ...builtInNetwork('bridge', { ...context, networks: others }), createdAt: network.createdAt });
  }

  /** Looks whether other engines or firewalls have appeared on the host, and makes room. Cheap when called often: unless `now`, at most once a second. */
  lookAround(changed: () => Promise<void>, options: { now?: boolean } = {}): Promise<void> {
    if (this.#looking) return this.#looking;
    if (!options.now && performance.now() - this.#lookedAt < LOOK_EVERY_MS) return Promise.resolve();
    this.#looking = this.#look(changed).finally(() => {
      this.#lookedAt = performance.now();
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(changed: () => Promise<void>): Promise<void> {
    const foreign = this.#links.names().filter((name) => FOREIGN.test(name)).sort();
    const isNew = foreign.join() !== this.#foreign.join();
    this.#foreign = foreign;
    await Promise.all([this.#policy.check(), isNew ? changed() : undefined]);
  }

  /** What the firewall shall be: only networks with a bridge count. */
  firewall(): FirewallState {
    const networks = this.#state.networks().filter((network) => this.#up.has(network.id));
    return {
      networks: networks.map((network) => ({
        bridge: network.bridge,
        subnets: network.pools.map((pool) => pool.subnet),
        internal: network.internal,
        masquerade: parseBridgeOptions(network.options).masquerade,
      })),
      ports: firewallPorts(this.#state.sandboxes()),
      foreign: this.#foreign,
    };
  }

  /**
   * Takes a network's bridge away. That waits for the kernel's grace periods, so it goes on behind the caller's back; should the engine
   * die over it, the next one sweeps. Only a bridge whose name the user chose is waited for: the name may be wanted again.
   */
  async remove(network: NetworkRecord, changed: () => Promise<void>): Promise<void> {
    this.#up.delete(network.id);
    const work = this.#takeAway(network, changed);
    if (network.options['com.docker.network.bridge.name']) return work;
    const watched = work
      .catch((error: unknown) => this.#logger.warn('a removed network has left something on the host', { network: network.name, error }))
      .finally(() => this.#background.delete(watched));
    this.#background.add(watched);
  }

  /** One that existed before the network stays. */
  async #takeAway(network: NetworkRecord, changed: () => Promise<void>): Promise<void> {
    const isOurs = network.bridge !== '' && !network.adoptedBridge;
    await Promise.all([isOurs ? this.#links.removeLink(network.bridge) : undefined, changed()]);
    await this.leaveOthers();
  }

  /** Without networks nothing of ours stays in others' rules. */
  async leaveOthers(): Promise<void> {
    if (this.#up.size > 0) return;
    await this.#policy.remove();
    this.#lookedAt = Number.NEGATIVE_INFINITY;
  }

  /** Called when containers leave: takes the default bridge away a little later when nobody uses it. */
  release(changed: () => Promise<void>): void {
    if (this.#timer || !this.#idleDefault()) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#startRemoval(changed);
    }, LINGER_MS);
    this.#timer.unref();
  }

  #startRemoval(changed: () => Promise<void>): void {
    if (this.#removal) return;
    this.#removal = this.#removeIdle(changed).finally(() => {
      this.#removal = undefined;
    });
  }

  /** To be awaited before an attach is planned. */
  async settled(): Promise<void> {
    while (this.#removal) await this.#removal;
  }

  /** Does at once what `release` would do later, and waits for everything that goes on in the background. */
  async finish(changed: () => Promise<void>): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.settled();
    this.#startRemoval(changed);
    await this.settled();
    await Promise.all(this.#background);
  }

  #idleDefault(): NetworkRecord | undefined {
    const network = this.#state.networks().find((each) => each.isBuiltIn && each.driver === 'bridge');
    return network && this.#up.has(network.id) && this.#state.endpointsOn(network.id).length === 0 ? network : undefined;
  }

  async #removeIdle(changed: () => Promise<void>): Promise<void> {
    const network = this.#idleDefault();
    if (!network) return;
    try {
      this.#up.delete(network.id);
      await this.#links.removeLink(network.bridge);
      await changed();
      await this.leaveOthers();
    } catch (error) {
      this.#logger.warn('cannot remove the idle default bridge', { error });
    }
  }
}
