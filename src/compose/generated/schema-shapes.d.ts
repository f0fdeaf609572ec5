/** One rule of the schema; a string names one of `definitions`. See src/compose/schema-accept.ts. */
export type Shape = string | ShapeTable;

export interface ShapeTable {
  /** null 1, boolean 2, string 4, integer 8, number that is no integer 16, list 32, mapping 64. */
  readonly types: number;
  readonly properties?: Readonly<Record<string, Shape>>;
  /** Keys that begin with `x-` are allowed. */
  readonly extensions?: boolean;
  /** Rules for keys that match a pattern. */
  readonly patterns?: Readonly<Record<string, Shape>>;
  /** No other keys are allowed. */
  readonly closed?: boolean;
  readonly items?: Shape;
  readonly unique?: boolean;
  readonly required?: readonly string[];
  readonly values?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

export declare const definitions: Readonly<Record<string, ShapeTable>>;
export declare const root: ShapeTable;
