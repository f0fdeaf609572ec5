export { applyChanges } from './changes.ts';
export { childState, configFileOf, DEFAULT_PATH, scratchState, stateOfImage, withStep, type ImageState } from './image-state.ts';
export { applyMetadata, commandArgs, isLayerInstruction, joinWorkdir, shellOf, type LayerInstruction, type MetadataInstruction } from './metadata.ts';
export { globalVariables, platformArgs, sourceDateEpoch, unusedBuildArgs, Variables, type BuildVariables } from './variables.ts';
