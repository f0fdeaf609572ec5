export { DirectoryTree } from './directory-tree.ts';
export { FilteredTree } from './filtered-tree.ts';
export { LiveDirectory, type DigestCache } from './live-directory.ts';
export { MemoryTree } from './memory-tree.ts';
export { pathText, resolveTreePath, TreePathError, type ResolvedPath } from './resolve.ts';
export { childPath, NO_XATTRS, type SourceTree, type TreeNode } from './source-tree.ts';
export { Subtree } from './subtree.ts';
