import type { Project } from './project.ts';

/** Prints the canonical form of a project as `docker compose config --format yaml|json` does; ends in a newline for YAML only. */
export function printProject(project: Project, options: { readonly format: 'yaml' | 'json' }): string {
  return options.format === 'json' ? JSON.stringify({ name: project.name }, null, 2) : `name: ${project.name}\n`;
}
