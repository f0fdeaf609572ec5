/** Paths in the model: `services.web.ports[0]`. */

export type PathKey = string | number;

/** A path as a list linked from its end, so that a walk allocates one small object a level. */
export interface Path {
  readonly up: Path | undefined;
  readonly key: PathKey;
}

export function child(up: Path | undefined, key: PathKey): Path {
  return { up, key };
}

/** Prints a path; keys that are not plain words stand in brackets: `services.web.labels["com.example.a"]`. */
export function pathText(path: Path | undefined): string {
  return path === undefined ? '' : joinPath(pathKeys(path));
}

export function joinPath(keys: readonly PathKey[]): string {
  let text = '';
  for (const key of keys) {
    if (typeof key === 'number') text += `[${key}]`;
    else if (/^[\w-]+$/.test(key)) text += text === '' ? key : `.${key}`;
    else text += `[${JSON.stringify(key)}]`;
  }
  return text;
}

export function pathKeys(path: Path | undefined): PathKey[] {
  const keys: PathKey[] = [];
  for (let step = path; step; step = step.up) keys.push(step.key);
  return keys.reverse();
}

/** Reads a printed path back; a dot inside brackets belongs to the key. Undefined when the text is no path. */
export function parsePath(text: string): PathKey[] | undefined {
  const keys: PathKey[] = [];
  const pattern = /\.?([\w-]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;
  while (pattern.lastIndex < text.length) {
    const m = pattern.exec(text);
    if (!m) return undefined;
    if (m[1] !== undefined) keys.push(m[1]);
    else if (m[2] !== undefined) keys.push(Number(m[2]));
    else keys.push(JSON.parse(m[3] ?? '""') as string);
  }
  return keys;
}
