import type { Logger } from '../../base/index.ts';
import type { Nft } from '../host/nft.ts';
import { changeScript, deleteScript, firewallElements, replaceScript } from './firewall.ts';
import type { Elements, FirewallState } from './firewall.ts';

/**
 * Keeps the kernel's table equal to what the records say. Changes that arrive while a transaction runs are applied together by
 * the next one: fifty containers do not cost fifty transactions.
 */
export class FirewallSync {
  readonly #nft: Nft;
  readonly #table: string;
  readonly #desired: () => FirewallState;
  readonly #logger: Logger;
  /** What this process knows to be in the kernel. */
  #applied: Elements | undefined;
  #exists = false;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(options: { nft: Nft; table: string; desired: () => FirewallState; logger: Logger }) {
    this.#nft = options.nft;
    this.#table = options.table;
    this.#desired = options.desired;
    this.#logger = options.logger;
  }

  /** Resolves when the kernel has what `desired` gives now, or something newer. @throws NftError */
  sync(): Promise<void> {
    this.#next ??= this.#follow(this.#running);
    return this.#next;
  }

  /** Writes the whole table anew at the next `sync`: at start-up, or when somebody else has flushed it. */
  forget(): void {
    this.#applied = undefined;
    this.#exists = true;
  }

  async #follow(before: Promise<void> | undefined): Promise<void> {
    await before?.catch(() => {}); // its own callers see that error
    await new Promise((resolve) => setImmediate(resolve)); // the rest of this turn's changes
    const run = this.#apply();
    this.#running = run;
    this.#next = undefined;
    await run;
  }

  async #apply(): Promise<void> {
    const state = this.#desired();
    if (state.networks.length === 0) {
      if (this.#exists) await this.#nft.run(deleteScript(this.#table));
      this.#exists = false;
      this.#applied = undefined;
      return;
    }
    const wanted = firewallElements(state);
    const script = this.#applied ? changeScript(this.#table, this.#applied, wanted) : undefined;
    if (script === '') return;
    try {
      await this.#nft.run(script ?? replaceScript(this.#table, wanted));
    } catch (error) {
      if (script === undefined) throw error;
      this.#logger.warn('the packet filter table was changed by somebody else; writing it anew', { error });
      await this.#nft.run(replaceScript(this.#table, wanted));
    }
    this.#exists = true;
    this.#applied = wanted;
  }
}
