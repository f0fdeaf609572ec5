/** Does a path name a file elsewhere (git, OCI, HTTP), which Docker Compose would fetch? */
export function isRemote(path: string): boolean {
  return /^(https?|git|ssh|oci|git\+[a-z]+):\/\/|^git@|^github\.com\//.test(path);
}
