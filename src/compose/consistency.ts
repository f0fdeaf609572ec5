import type { Problems } from './problems.ts';
import type { Project } from './project.ts';
import type { MapNode } from './tree.ts';

/** Checks references between parts of the model, which the schema cannot express. */
export function checkConsistency(project: Project, root: MapNode, problems: Problems): void {
  void project;
  void root;
  void problems;
}
