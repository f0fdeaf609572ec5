/** The tree that a Dockerfile becomes. Variables are still unexpanded: expansion needs the state of the build. */

/** 1-based lines of the file, both inclusive. */
export interface Span {
  readonly line: number;
  readonly endLine: number;
}

/** An inline file: `<<EOF … EOF`. */
export interface Heredoc {
  /** The delimiter without quotes. */
  readonly name: string;
  /** Body with its line ends. With `<<-`, leading tabs are gone. */
  readonly content: string;
  /** The body as written, tabs kept: what a shell that reads the heredoc itself must see. */
  readonly raw: string;
  /** False when the delimiter was quoted. */
  readonly expand: boolean;
  /** `<<-` */
  readonly chomp: boolean;
}

/** `RUN x` or `RUN ["x"]`. */
export type CommandForm = { readonly form: 'shell'; readonly line: string } | { readonly form: 'exec'; readonly args: readonly string[] };

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

export interface MountFlag {
  /** The flag's text, for error messages and the step's cache key. */
  readonly text: string;
  /** Lower-case keys in order; a bare key has the value undefined. */
  readonly fields: readonly { readonly key: string; readonly value: string | undefined }[];
}

interface Common {
  readonly span: Span;
  /** The instruction on one line, as progress shows it; without heredoc bodies. */
  readonly text: string;
  readonly keyword: string;
}

export type SourceItem = { readonly kind: 'path'; readonly path: string } | { readonly kind: 'inline'; readonly heredoc: Heredoc };

export interface CopyFields {
  readonly sources: readonly SourceItem[];
  readonly destination: string;
  readonly chown: string | undefined;
  readonly chmod: string | undefined;
  readonly link: boolean;
  readonly parents: boolean;
  readonly exclude: readonly string[];
}

export interface HealthcheckFields {
  /** `NONE`, `CMD` or `CMD-SHELL` first. */
  readonly test: readonly string[];
  /** Nanoseconds; 0: not given. */
  readonly interval: number;
  readonly timeout: number;
  readonly startPeriod: number;
  readonly startInterval: number;
  readonly retries: number;
}

export type FromInstruction = Common & {
  readonly kind: 'from';
  readonly base: string;
  readonly name: string | undefined;
  readonly platform: string | undefined;
};
export type ArgInstruction = Common & { readonly kind: 'arg'; readonly args: readonly { readonly key: string; readonly value: string | undefined }[] };
export type RunInstruction = Common & {
  readonly kind: 'run';
  readonly command: CommandForm;
  readonly heredocs: readonly Heredoc[];
  readonly mounts: readonly MountFlag[];
  readonly network: string | undefined;
  readonly security: string | undefined;
  readonly devices: readonly string[];
};
export type CopyInstruction = Common & { readonly kind: 'copy'; readonly from: string | undefined } & CopyFields;
export type AddInstruction = Common & {
  readonly kind: 'add';
  readonly checksum: string | undefined;
  readonly keepGitDir: boolean;
  readonly unpack: boolean | undefined;
} & CopyFields;

export type Instruction =
  | ArgInstruction
  | RunInstruction
  | CopyInstruction
  | AddInstruction
  | (Common & { readonly kind: 'env' | 'label'; readonly pairs: readonly KeyValue[] })
  | (Common & { readonly kind: 'cmd' | 'entrypoint'; readonly command: CommandForm })
  | (Common & { readonly kind: 'expose'; readonly ports: readonly string[] })
  | (Common & { readonly kind: 'volume'; readonly paths: readonly string[] })
  | (Common & { readonly kind: 'user' | 'stopsignal' | 'maintainer'; readonly value: string })
  | (Common & { readonly kind: 'workdir'; readonly value: string })
  | (Common & { readonly kind: 'shell'; readonly args: readonly string[] })
  | (Common & { readonly kind: 'healthcheck' } & HealthcheckFields)
  | (Common & { readonly kind: 'onbuild'; readonly expression: string });

export type InstructionKind = Instruction['kind'];

export interface Stage {
  readonly index: number;
  /** Lower case. */
  readonly name: string | undefined;
  readonly from: FromInstruction;
  readonly instructions: readonly Instruction[];
}

export interface Directives {
  readonly escape: '\\' | '`';
  readonly syntax: string | undefined;
  /** Value of `# check=`, unparsed. */
  readonly check: string | undefined;
}

/** A finding of the rules in lint.ts. */
export interface LintFinding {
  readonly rule: string;
  readonly message: string;
  readonly span: Span;
}

export interface Dockerfile {
  /** As the user named it. */
  readonly path: string;
  readonly directives: Directives;
  /** ARGs before the first FROM. */
  readonly globalArgs: readonly ArgInstruction[];
  readonly stages: readonly Stage[];
  readonly source: SourceText;
  /** Findings that only the text shows; lint.ts adds those that need the tree. */
  readonly findings: readonly LintFinding[];
}

/** The lines of the file without line ends, for excerpts. */
export interface SourceText {
  readonly path: string;
  readonly lines: readonly string[];
}
