export { Copier, type CopyTarget, type InlineFile } from './apply.ts';
export { digestSources } from './digest.ts';
export { parseModeChange, type ModeChange } from './mode.ts';
export { ownerNeedsImage, resolveOwner, type Owner } from './owner.ts';
export { createExclude, findSources, type CopySource, type Exclude } from './sources.ts';
