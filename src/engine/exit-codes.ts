/** Exit codes of an engine process, for whoever started it. */
export const EngineExit = {
  ok: 0,
  failed: 1,
  /** Another engine holds this root: connect to that one. */
  taken: 75,
} as const;
