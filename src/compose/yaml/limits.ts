/** Bounds that no honest Compose file comes near; beyond them a file is refused at once. */
export const LIMITS = {
  /** UTF-16 units of one file. */
  fileLength: 32 * 1024 * 1024,
  /** Collections inside each other. */
  depth: 200,
  /** Nodes that aliases may add to a document, or ten times what is written, whichever is more. */
  aliasedNodes: 200_000,
} as const;
