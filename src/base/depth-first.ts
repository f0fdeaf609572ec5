/** More circles than a reader wants to see; a tangle of hundreds of services has thousands. */
const MAX_CYCLES = 20;

/**
 * Visits a graph depth first, with a stack of its own: chains may be longer than the stack of calls.
 * @param next  the nodes that a node leads to; every one of them is among `nodes`
 * @returns every node after those it leads to, and the paths of circles, each from its first node to its last. An edge that closes a
 * circle is passed over, so that what has no circle is in order all the same
 */
export function depthFirst(
  nodes: readonly string[],
  next: (node: string) => readonly string[],
): { readonly order: readonly string[]; readonly cycles: readonly (readonly string[])[] } {
  const order: string[] = [];
  const cycles: string[][] = [];
  const done = new Set<string>();
  for (const root of nodes) {
    const path = done.has(root) ? [] : [{ node: root, edges: next(root), position: 0 }];
    const onPath = new Set(path.map((entry) => entry.node));
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const to = top.edges[top.position++];
      if (to === undefined) {
        order.push(top.node);
        done.add(top.node);
        onPath.delete(top.node);
        path.pop();
      } else if (onPath.has(to)) {
        if (cycles.length < MAX_CYCLES) cycles.push(path.slice(path.findIndex((entry) => entry.node === to)).map((entry) => entry.node));
      } else if (!done.has(to)) {
        path.push({ node: to, edges: next(to), position: 0 });
        onPath.add(to);
      }
    }
  }
  return { order, cycles };
}

/** The nodes of a circle, beginning with the smallest, so that it reads the same whatever node it was found from. */
export function turned(cycle: readonly string[]): readonly string[] {
  const smallest = cycle.reduce((best, node, index) => (node < (cycle[best] ?? node) ? index : best), 0);
  return [...cycle.slice(smallest), ...cycle.slice(0, smallest)];
}
