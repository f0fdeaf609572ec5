/** When an engine that nobody needs may leave. */
export interface IdleOptions {
  /** True while something needs the engine: connections, or what the runtime has to look after. */
  isNeeded: () => boolean;
  /** Called once, after `idleMs` without need. */
  onIdle: () => void;
  idleMs: number;
  /** How often to look; a tenth of `idleMs` by default. */
  everyMs?: number;
}

/**
 * Watches for idleness by looking now and then: need that comes and goes between two looks is seen by the connection it left, or
 * was too short to matter.
 * @returns the function that ends the watch
 */
export function watchIdle({ isNeeded, onIdle, idleMs, everyMs = Math.max(10, idleMs / 10) }: IdleOptions): () => void {
  let since = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    if (isNeeded()) since = now;
    else if (now - since >= idleMs) {
      clearInterval(timer);
      onIdle();
    }
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
