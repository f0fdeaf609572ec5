import { displayWidth, pad, sanitize, truncate } from './text.ts';

export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => string;
  /** Narrower than this it is not made; columns without it are never cut. */
  readonly shrinksTo?: number;
  /** Columns with a higher number are cut only when those with a lower one are at their floor. Default 0. */
  readonly importance?: number;
  /** Left out, the least important first, before one of the most important columns is cut: half a name tells nothing. */
  readonly isOptional?: boolean;
}

/** Spaces between columns: docker's, where the room is short, and where there is still none when all is cut that may be. */
const GAP = 3;
const NARROW_GAP = 2;
const LEAST_GAP = 1;

/**
 * A table with headings as the docker CLI prints it: columns separated by three spaces. With `width` the columns draw together and those
 * that may shrink are cut, the least important and of those the widest first, until a line fits; what still does not fit is left to the
 * terminal to wrap.
 * @returns lines ending in newlines; the headings alone when there are no rows
 */
export function renderTable<T>(columns: readonly Column<T>[], rows: readonly T[], options: { width?: number | undefined } = {}): string {
  const limit = options.width ?? Number.POSITIVE_INFINITY;
  for (let shown = columns; ; ) {
    const { text, isWhole } = layOut(shown, rows, limit);
    const least = isWhole ? undefined : shown.filter((column) => column.isOptional).sort((a, b) => importanceOf(a) - importanceOf(b))[0];
    if (least === undefined) return text;
    shown = shown.filter((column) => column !== least);
  }
}

const importanceOf = <T>(column: Column<T> | undefined): number => column?.importance ?? 0;

/** @returns isWhole: none of the most important columns had to be cut, and every line fits */
function layOut<T>(columns: readonly Column<T>[], rows: readonly T[], limit: number): { text: string; isWhole: boolean } {
  const cells = rows.map((row) => columns.map((column) => sanitize(column.value(row)).replaceAll('\n', ' ')));
  const widths = columns.map((column, i) => Math.max(column.title.length, ...cells.map((line) => displayWidth(line[i] ?? ''))));
  const wanted = [...widths];
  const columnGap = fit(columns, widths, limit);
  const gap = ' '.repeat(columnGap);
  const most = Math.max(...columns.map(importanceOf));
  const isWhole = columnGap !== LEAST_GAP && columns.every((column, i) => importanceOf(column) < most || widths[i] === wanted[i]);
  const line = (texts: readonly string[]): string => {
    const last = texts.length - 1;
    return `${texts.map((text, i) => (i === last ? truncate(text, widths[i] ?? 0) : pad(truncate(text, widths[i] ?? 0), widths[i] ?? 0))).join(gap)}\n`;
  };
  return { text: line(columns.map((column) => column.title)) + cells.map(line).join(''), isWhole };
}

/** Cuts widths until a line fits. @returns the gap between columns */
function fit<T>(columns: readonly Column<T>[], widths: number[], limit: number): number {
  const gaps = widths.length - 1;
  const total = (): number => widths.reduce((sum, width) => sum + width, 0);
  if (total() + GAP * gaps <= limit) return GAP;
  shrink(columns, widths, limit - NARROW_GAP * gaps);
  return total() + NARROW_GAP * gaps <= limit ? NARROW_GAP : LEAST_GAP;
}

/** @param limit  for the columns together, without the gaps */
function shrink<T>(columns: readonly Column<T>[], widths: number[], limit: number): void {
  for (const importance of new Set(columns.map(importanceOf).sort((a, b) => a - b))) {
    const isTurn = (i: number): boolean => importanceOf(columns[i]) === importance;
    if (shrinkSome(columns, widths, limit, isTurn)) return;
  }
}

/** @returns true when the table fits */
function shrinkSome<T>(columns: readonly Column<T>[], widths: number[], limit: number, isTurn: (column: number) => boolean): boolean {
  let excess = widths.reduce((sum, width) => sum + width, 0) - limit;
  const floorOf = (i: number): number => Math.max(columns[i]?.shrinksTo ?? Number.POSITIVE_INFINITY, columns[i]?.title.length ?? 0);
  while (excess > 0) {
    let widest = -1;
    for (let i = 0; i < widths.length; i++) {
      if (isTurn(i) && (widths[i] ?? 0) > floorOf(i) && (widest < 0 || (widths[i] ?? 0) > (widths[widest] ?? 0))) widest = i;
    }
    if (widest < 0) return false;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess--;
  }
  return true;
}
