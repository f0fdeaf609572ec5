/**
 * One async lock per key. Waiters are served in order of arrival. A key that nobody holds costs no memory.
 * Not re-entrant: taking a key twice in one call chain deadlocks, so locks are taken at the outermost method only.
 */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<void>>();

  /** Runs `body` while holding `key`; the lock is released when the promise settles, whatever the outcome. */
  async run<T>(key: string, body: () => Promise<T> | T): Promise<T> {
    const release = await this.acquire(key);
    try {
      return await body();
    } finally {
      release();
    }
  }

  /** @returns the function that releases the lock; calling it twice is harmless */
  async acquire(key: string): Promise<() => void> {
    const before = this.#tails.get(key);
    let open!: () => void; // set by the executor, which runs at once
    const tail = new Promise<void>((resolve) => {
      open = resolve;
    });
    this.#tails.set(key, tail);
    if (before) await before;
    return () => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
      open();
    };
  }

  isHeld(key: string): boolean {
    return this.#tails.has(key);
  }
}

/** Lets at most `width` bodies run at once; the rest wait in order of arrival. */
export class Limiter {
  readonly #width: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(width: number) {
    this.#width = Math.max(1, width);
  }

  async run<T>(body: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#width) await new Promise<void>((go) => this.#waiting.push(go));
    else this.#running++;
    try {
      return await body();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}
