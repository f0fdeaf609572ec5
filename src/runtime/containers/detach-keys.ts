import { EngineError } from '../../base/index.ts';

const DEFAULT_KEYS = 'ctrl-p,ctrl-q';

/** `ctrl-p,ctrl-q`, `a`, `ctrl-@` … as bytes. @throws EngineError invalid */
export function parseDetachKeys(text: string | undefined): Buffer {
  const bytes: number[] = [];
  for (const key of (text || DEFAULT_KEYS).split(',')) {
    const control = /^ctrl-([a-z@[\]\\^_])$/.exec(key);
    if (control) bytes.push((control[1] ?? '').charCodeAt(0) & 0x1f);
    else if (key.length === 1) bytes.push(key.charCodeAt(0));
    else throw new EngineError('invalid', `invalid detach keys (${text}) provided`);
  }
  return Buffer.from(bytes);
}

/** Finds the detach sequence in what a client types, also across chunks. Keys that only began it are passed on late. */
export class DetachScanner {
  readonly #keys: Buffer;
  #matched = 0;

  constructor(keys: Buffer) {
    this.#keys = keys;
  }

  /** @returns what to pass on, and whether the sequence is complete */
  push(chunk: Buffer): { pass: Buffer; detached: boolean } {
    const pass: number[] = [];
    for (const byte of chunk) {
      if (byte === this.#keys[this.#matched]) {
        this.#matched++;
        if (this.#matched === this.#keys.length) return { pass: Buffer.from(pass), detached: true };
        continue;
      }
      pass.push(...this.#keys.subarray(0, this.#matched));
      this.#matched = byte === this.#keys[0] ? 1 : 0;
      if (this.#matched === 0) pass.push(byte);
    }
    return { pass: Buffer.from(pass), detached: false };
  }
}
