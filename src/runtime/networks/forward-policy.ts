/**
 * Getting along with others who filter forwarded packets. Docker and most host firewalls set the policy of iptables' FORWARD chain
 * to DROP; an accept in our own table does not help, since every base chain has to let a packet through. So two rules go into
 * DOCKER-USER, or into FORWARD itself where there is no Docker. They carry a comment with the state root's tag and are taken out
 * with the last network.
 */
import { errorMessage } from '../../base/index.ts';
import type { Logger } from '../../base/index.ts';
import type { Nft } from '../host/nft.ts';

const FAMILIES = ['ip', 'ip6'] as const;

interface Chain {
  family: string;
  table: string;
  name: string;
  hook?: string;
  policy?: string;
}
interface Rule {
  handle: number;
  comment?: string;
}

export class ForwardPolicy {
  readonly #nft: Nft;
  readonly #bridges: () => readonly string[];
  readonly #tag: string;
  readonly #logger: Logger;
  readonly #warned = new Set<string>();

  /**
   * @param options.bridges  interface names, with `*` at the end for a prefix
   * @param options.table  the root's table, used as a tag
   */
  constructor(options: { nft: Nft; bridges: () => readonly string[]; table: string; logger: Logger }) {
    this.#nft = options.nft;
    this.#bridges = options.bridges;
    this.#tag = options.table;
    this.#logger = options.logger;
  }

  /** Lets our bridges through where something else drops. Never fails: what is in the way is logged. */
  async check(): Promise<void> {
    await this.#open().catch((error: unknown) => this.#logger.warn('cannot look at the rules for forwarded packets', { error }));
  }

  async #open(): Promise<void> {
    const chains = await this.#chains();
    for (const family of FAMILIES) {
      const inFilter = (name: string) => chains.find((chain) => chain.family === family && chain.table === 'filter' && chain.name === name);
      const docker = inFilter('DOCKER-USER');
      const forward = inFilter('FORWARD');
      const place = docker ?? (forward?.policy === 'drop' ? forward : undefined);
      if (place) await this.#insertMissing(place);
    }
    for (const chain of chains) {
      if (chain.hook !== 'forward' || chain.policy !== 'drop' || (chain.table === 'filter' && chain.name === 'FORWARD')) continue;
      const name = `${chain.family} ${chain.table} ${chain.name}`;
      if (this.#warned.has(name)) continue;
      this.#warned.add(name);
      this.#logger.warn('a firewall chain drops forwarded packets; containers may not reach the outside', { chain: name });
    }
  }

  async #chains(): Promise<Chain[]> {
    const objects = await this.#nft.list('list chains');
    return objects.flatMap((object) => ('chain' in object ? [object['chain'] as Chain] : []));
  }

  async #ours(chain: Chain): Promise<Rule[]> {
    const objects = await this.#nft.listOfOthers(`list chain ${chain.family} ${chain.table} ${chain.name}`);
    return objects.flatMap((object) => ('rule' in object ? [object['rule'] as Rule] : [])).filter((rule) => rule.comment?.startsWith(`${this.#tag} `));
  }

  async #insertMissing(chain: Chain): Promise<void> {
    const there = new Set((await this.#ours(chain)).map((rule) => rule.comment));
    const missing = this.#bridges().filter((bridge) => !there.has(`${this.#tag} ${bridge}`));
    if (missing.length === 0) return;
    const rule = (direction: string, bridge: string) =>
      `insert rule ${chain.family} ${chain.table} ${chain.name} ${direction} "${bridge}" counter accept comment "${this.#tag} ${bridge}"\n`;
    await this.#nft.runAmongOthers(missing.map((bridge) => rule('iifname', bridge) + rule('oifname', bridge)).join(''));
    this.#logger.info('let container bridges through a chain of another firewall', { chain: `${chain.family} ${chain.table} ${chain.name}` });
  }

  /** Takes our rules out of others' chains. */
  async remove(): Promise<void> {
    try {
      const places = (await this.#chains()).filter((chain) => chain.table === 'filter' && (chain.name === 'DOCKER-USER' || chain.name === 'FORWARD'));
      for (const chain of places) {
        const rules = await this.#ours(chain);
        if (rules.length > 0) await this.#nft.runAmongOthers(rules.map((rule) => `delete rule ${chain.family} ${chain.table} ${chain.name} handle ${rule.handle}\n`).join(''));
      }
    } catch (error) {
      this.#logger.warn('cannot take our rules out of another firewall', { reason: errorMessage(error) });
    }
  }
}
