/** Base images: local ones, or pulled; and what they bring along for the cache. */
import { EngineError, isEngineError } from '../../../base/index.ts';
import type { BuildOptions, ProgressMessage, RegistryAuth } from '../../../engine-api/index.ts';
import { formatPlatform, parsePlatform, parseReference, platformScore, withDefaultTag, type Platform } from '../../images/index.ts';
import type { ImagesRoom, ResolvedImage } from '../../parts.ts';
import { inlineCache } from './inline-cache.ts';
import type { StepRecord } from './step-cache.ts';

const HUB = 'https://index.docker.io/v1/';

type Say = (message: ProgressMessage) => void;

/** Looks each image up, or pulls it, once per build. */
export class BaseImages {
  readonly #images: ImagesRoom;
  readonly #options: BuildOptions;
  readonly #platform: Platform;
  readonly #signal: AbortSignal;
  readonly #found = new Map<string, Promise<ResolvedImage>>();

  constructor(images: ImagesRoom, options: BuildOptions, platform: Platform, signal: AbortSignal) {
    this.#images = images;
    this.#options = options;
    this.#platform = platform;
    this.#signal = signal;
  }

  /** @throws EngineError notFound, unavailable … */
  get(reference: string, platform: string | undefined, say: Say): Promise<ResolvedImage> {
    const key = `${reference} ${platform ?? ''}`;
    let image = this.#found.get(key);
    if (!image) this.#found.set(key, (image = this.#resolve(reference, platform, say)));
    return image;
  }

  async #resolve(reference: string, platform: string | undefined, say: Say): Promise<ResolvedImage> {
    const wanted = platform === undefined ? this.#platform : parsePlatform(platform);
    const isId = /^sha256:[0-9a-f]{64}$/.test(reference);
    if (this.#options.pull !== true || isId) {
      const local = await this.#local(reference, isId);
      if (local && (platform === undefined || platformScore(wanted, local.config) > 0)) return local;
    }
    await this.#pull(reference, formatPlatform(wanted), say);
    return this.#images.resolve(reference);
  }

  /** @param mustExist  as for an id: it can be nowhere else */
  async #local(reference: string, mustExist: boolean): Promise<ResolvedImage | undefined> {
    try {
      return await this.#images.resolve(reference);
    } catch (error) {
      if (mustExist || !isEngineError(error, 'notFound')) throw error;
      return undefined;
    }
  }

  async #pull(text: string, platform: string, say: Say): Promise<void> {
    const reference = withDefaultTag(parseReference(text));
    const auth = authFor(this.#options.registryConfig ?? {}, reference.domain);
    const name = `${reference.domain}/${reference.path}`;
    const query = { fromImage: name, tag: reference.digest ?? reference.tag ?? 'latest', platform, ...(auth && { auth }) };
    for await (const message of await this.#images.api.pull(query, { signal: this.#signal })) {
      if (message.error !== undefined) throw new EngineError('unavailable', message.error);
      say(message);
    }
  }

  /** Steps that `cache_from` images carry. An image that is not there only costs its help. */
  async importedSteps(say: Say): Promise<Map<string, StepRecord>> {
    const steps = new Map<string, StepRecord>();
    for (const entry of this.#options.cacheFrom ?? []) {
      const reference = cacheReference(entry);
      if (reference === undefined) {
        say({ stream: `[Warning] cache from ${entry}: only images and type=registry,ref=… are known\n` });
        continue;
      }
      try {
        const isRemote = entry.includes('=');
        if (isRemote) await this.#pull(reference, formatPlatform(this.#platform), say); // what is here may be old
        const { config } = (await this.#local(reference, isRemote)) ?? (await this.get(reference, undefined, say));
        for (const [key, record] of inlineCache(config)) steps.set(key, record);
      } catch (error) {
        if (!(error instanceof EngineError) || error.kind === 'cancelled') throw error;
        say({ stream: `[Warning] cache from ${reference}: ${error.message}\n` });
      }
    }
    return steps;
  }
}

/** `ref`, or `type=registry,ref=…`; other types of cache are not for us. */
function cacheReference(entry: string): string | undefined {
  if (!entry.includes('=')) return entry;
  const fields = new Map(entry.split(',').map((field) => field.split('=', 2) as [string, string]));
  return fields.get('type') === 'registry' ? fields.get('ref') : undefined;
}

function authFor(config: Readonly<Record<string, RegistryAuth>>, domain: string): RegistryAuth | undefined {
  const names = domain === 'docker.io' ? [HUB, 'index.docker.io', 'docker.io'] : [domain, `https://${domain}`, `http://${domain}`];
  return names.map((name) => (Object.hasOwn(config, name) ? config[name] : undefined)).find(Boolean);
}
