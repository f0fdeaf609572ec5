/** A parallel walk over a graph whose edges say what must be finished first. */
import { EngineError } from '../base/index.ts';

export interface WalkOptions {
  /** How many visits may run at once; at least 1. Default: no bound. */
  readonly width?: number;
  /** Against the edges: a node is visited when everything that comes after it is finished. */
  readonly reverse?: boolean;
  /** No visit begins after it is aborted; running ones are waited for. */
  readonly signal?: AbortSignal;
}

/**
 * Visits every node, each as soon as everything before it is finished. Nodes that are ready together begin in the given order.
 * When a visit fails, no further visit begins, those that run are waited for, and the first error is thrown.
 * @param after  keys of the nodes that must be finished before; keys that no node has are ignored
 * @throws the first error of a visit; EngineError `cancelled` when aborted; Error when the edges have a cycle
 */
export async function walk<T, K>(
  nodes: readonly T[],
  edges: { readonly key: (node: T) => K; readonly after: (node: T) => Iterable<K> },
  visit: (node: T) => Promise<void>,
  options: WalkOptions = {},
): Promise<void> {
  const { next, blockers } = successors(nodes, edges, options.reverse ?? false);
  const ready = nodes.flatMap((_, index) => (blockers[index] === 0 ? [index] : []));
  const width = Math.max(1, options.width ?? Number.POSITIVE_INFINITY);
  let running = 0;
  let finished = 0;
  let head = 0;
  let failure: { error: unknown } | undefined;

  await new Promise<void>((settle) => {
    const pump = (): void => {
      if (options.signal?.aborted && !failure) failure = { error: new EngineError('cancelled', 'cancelled') };
      while (!failure && running < width && head < ready.length) begin(ready[head++] as number); // head is in range
      if (running === 0) settle();
    };
    const begin = (index: number): void => {
      running++;
      visit(nodes[index] as T).then( // index comes from `nodes`
        () => {
          for (const after of next[index] ?? []) {
            const left = (blockers[after] ?? 0) - 1;
            blockers[after] = left;
            if (left === 0) ready.push(after);
          }
          finished++;
          running--;
          pump();
        },
        (error: unknown) => {
          failure ??= { error };
          running--;
          pump();
        },
      );
    };
    pump();
  });
  if (failure) throw failure.error;
  if (finished < nodes.length) throw new Error('the walk cannot end: its edges have a cycle');
}

function successors<T, K>(
  nodes: readonly T[],
  edges: { readonly key: (node: T) => K; readonly after: (node: T) => Iterable<K> },
  reverse: boolean,
): { next: number[][]; blockers: number[] } {
  const indexes = new Map<K, number>(nodes.map((node, index) => [edges.key(node), index]));
  const next: number[][] = nodes.map(() => []);
  const blockers: number[] = nodes.map(() => 0);
  nodes.forEach((node, index) => {
    for (const key of new Set(edges.after(node))) {
      const before = indexes.get(key);
      if (before === undefined) continue;
      const [first, second] = reverse ? [index, before] : [before, index];
      next[first]?.push(second);
      blockers[second] = (blockers[second] ?? 0) + 1;
    }
  });
  return { next, blockers };
}
