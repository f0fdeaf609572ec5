/** Services as a graph, and walks over graphs. Pure. */
export * from './service-graph.ts';
export * from './walk.ts';
