import type { Logger } from '../../base/index.ts';
import { openNamespace, type OpenNamespace } from './inside-links.ts';

const MOST = 16;
/** So long nobody wanted one: now is the time. */
const QUIET_MS = 120;
const PAUSE_MS = 10;

/**
 * Network namespaces that are made before they are needed. The kernel makes one under the same lock as interfaces, and only the calling
 * thread can enter it, so while a stack starts each would hold up everything else for two milliseconds. A spare one is held by its
 * descriptor alone: it is gone when the engine is, however that ends. There are none until a first container has been started.
 */
export class SpareNamespaces {
  readonly #logger: Logger;
  readonly #spare: OpenNamespace[] = [];
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** A namespace as `openNamespace` makes it, which the caller closes. @throws SyscallError */
  take(): OpenNamespace {
    this.#plan(QUIET_MS);
    return this.#spare.pop() ?? openNamespace();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const spare of this.#spare.splice(0)) spare.close();
  }

  #plan(delayMs: number): void {
    clearTimeout(this.#timer);
    if (this.#closed || this.#spare.length >= MOST) return;
    this.#timer = setTimeout(() => this.#makeOne(), delayMs);
    this.#timer.unref();
  }

  #makeOne(): void {
    try {
      this.#spare.push(openNamespace());
      this.#plan(PAUSE_MS);
    } catch (error) {
      this.#logger.debug('no spare network namespace', { error }); // whoever needs one gets the reason
    }
  }
}
