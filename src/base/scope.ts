/**
 * Undo in reverse order. What is set up is registered for undo at once; on failure `unwind` runs every undo,
 * last first, goes on after errors and reports all of them; on success `keep` forgets them.
 *
 * ```ts
 * const scope = new Scope();
 * try { mount(); scope.defer(() => unmount()); ...; scope.keep(); } catch (e) { throw await scope.unwind(e); }
 * ```
 */
export class Scope {
  #undo: (() => unknown)[] = [];

  defer(undo: () => unknown): void {
    this.#undo.push(undo);
  }

  keep(): void {
    this.#undo = [];
  }

  /** @returns `cause` itself, or an AggregateError with the cause first when an undo failed as well */
  async unwind(cause?: unknown): Promise<unknown> {
    const errors: unknown[] = [];
    for (const undo of this.#undo.splice(0).reverse()) {
      try {
        await undo();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length === 0) return cause;
    if (cause === undefined && errors.length === 1) return errors[0];
    const all = cause === undefined ? errors : [cause, ...errors];
    const first = all[0];
    return new AggregateError(all, first instanceof Error ? first.message : String(first));
  }
}
