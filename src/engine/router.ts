import type { Handler, Route } from './call.ts';

export interface Match {
  handler: Handler;
  params: Record<string, string>;
}

interface Compiled {
  expression: RegExp;
  names: string[];
  handler: Handler;
}

/** Finds the route of a method and a path. First match in table order wins. */
export class Router {
  /** By method and first path segment, which no pattern leaves open. */
  readonly #routes = new Map<string, Compiled[]>();

  constructor(routes: readonly Route[]) {
    for (const [method, pattern, handler] of routes) {
      const key = routeKey(method, pattern);
      const list = this.#routes.get(key);
      const compiled = { ...compile(pattern), handler };
      if (list) list.push(compiled);
      else this.#routes.set(key, [compiled]);
    }
  }

  /** @returns undefined when nothing matches or the path is not validly escaped */
  find(method: string, path: string): Match | undefined {
    for (const { expression, names, handler } of this.#routes.get(routeKey(method, path)) ?? []) {
      const match = expression.exec(path);
      if (!match) continue;
      try {
        return { handler, params: Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(match[i + 1] ?? '')])) };
      } catch {
        return undefined;
      }
    }
    return undefined;
  }
}

function routeKey(method: string, path: string): string {
  const end = path.indexOf('/', 1);
  return `${method} ${end < 0 ? path : path.slice(0, end)}`;
}

function compile(pattern: string): { expression: RegExp; names: string[] } {
  const names: string[] = [];
  const source = pattern.replace(/:(\w+)(\*?)/g, (_all, name: string, slashes: string) => {
    names.push(name);
    return slashes ? '(.+)' : '([^/]+)';
  });
  return { expression: new RegExp(`^${source}$`), names };
}
