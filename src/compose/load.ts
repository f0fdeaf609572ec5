/**
 * The pipeline of the front end. Read as its table of contents:
 * which files (invocation) → text to trees (parse) → variables, extends, include, merge, schema, long forms (load-model) → implied parts
 * (normalise) → typed model (assemble) → checks across references (consistency) → env files into `environment` (service-files).
 */
import { type Assembly, assembleProject } from './assemble.ts';
import { checkConsistency } from './consistency.ts';
import { plainValue, record } from './codec/index.ts';
import type { FileSet } from './file-set.ts';
import { type Invocation, resolveInvocation } from './invocation.ts';
import { loadModel } from './load-model.ts';
import { normalise } from './normalize.ts';
import type { Loaded, LoadOptions } from './options.ts';
import type { Project, Service } from './project.ts';
import { projectName } from './project-name.ts';
import { type Validator, ValidatorNeeded } from './schema.ts';
import { resolveServiceFiles } from './service-files.ts';
import { Session } from './session.ts';
import { type MapNode, stringNode } from './tree.ts';
import { Variables } from './variables.ts';

/**
 * Reads Compose files into one typed, validated project.
 * Reads files through `options.reader` only, and never throws for what a user can mend: problems come back as diagnostics.
 */
export async function loadProject(options: LoadOptions): Promise<Loaded> {
  let content: Promise<Uint8Array | string> | undefined;
  const stdin = () => (content ??= options.stdin?.() ?? Promise.resolve(''));
  try {
    return await load({ ...options, stdin }, undefined);
  } catch (error) {
    if (!(error instanceof ValidatorNeeded)) throw error;
    const { default: validator } = await import('./generated/schema-validator.js');
    return load({ ...options, stdin }, validator);
  }
}

async function load(options: LoadOptions, validator: Validator | undefined): Promise<Loaded> {
  const session = new Session(options, validator);
  const invocation = resolveInvocation(options, session);
  if (!invocation) return failed(session);
  if (invocation.files.includes('-')) await readStdin(options, session);
  const name = projectName(options, invocation, invocation.directory, invocation.variables, session);
  if (name === undefined) return failed(session);
  // a model whose variables stay as they are depends on no environment
  const variables = (session.interpolates ? invocation.variables : Variables.of({})).with('COMPOSE_PROJECT_NAME', name);
  const root = readModel(invocation, variables, session);
  if (!root || session.incomplete) return failed(session);
  if (options.normalize ?? true) {
    normalise(root, name, variables);
    root.set('name', stringNode(name, root));
  }
  if (!session.interpolates) return { ...failed(session), model: session.problems.errorCount > 0 ? undefined : plainValue(root) };
  return complete({ root, name, invocation, variables, services: options.services ?? [] }, options, session);
}

/** From the canonical tree to the typed project. */
function complete(assembly: Assembly, options: LoadOptions, session: Session): Loaded {
  const project = assembleProject(assembly, session);
  if (!project) return failed(session);
  if (options.consistency ?? true) checkConsistency(project, assembly.root, session);
  const resolved = resolveServiceFiles(withReplicas(project), options, session);
  return { ...failed(session), project: session.problems.errorCount > 0 ? undefined : resolved };
}

/** `scale` is also the number of replicas, where there is a `deploy` section to say so. */
function withReplicas(project: Project): Project {
  if (!Object.values(project.services).some((one) => one.scale !== undefined && one.deploy)) return project;
  const services = record<Service>();
  for (const [name, one] of Object.entries(project.services)) {
    services[name] = one.scale !== undefined && one.deploy ? { ...one, deploy: { ...one.deploy, replicas: one.scale } } : one;
  }
  return { ...project, services };
}

function failed(session: Session): Loaded {
  return { project: undefined, diagnostics: session.problems.sorted() };
}

function readModel(invocation: Invocation, variables: Variables, session: Session): MapNode | undefined {
  const set: FileSet = {
    files: invocation.files,
    directory: invocation.directory,
    absoluteDirectory: invocation.directory,
    variables,
    resolvesPaths: session.resolvesPaths,
    includedBy: [],
  };
  const root = loadModel(set, session);
  if (root && root.entries.length === 0 && session.problems.errorCount === 0) {
    session.problems.error('yaml.empty', `${invocation.files.map((f) => session.display(f)).join(', ')}: the file is empty`, {
      hint: 'a Compose file has at least "services:"',
    });
  }
  return root;
}

async function readStdin(options: LoadOptions, session: Session): Promise<void> {
  const content = (await options.stdin?.()) ?? '';
  const source = session.source('-', '<stdin>', content);
  session.provide('-', source && session.parsed(source));
}
