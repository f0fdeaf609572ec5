/** `--format` of the commands that list things. */
import { compileTemplate, goJson, type TemplateData } from './go-template.ts';
import { renderTable, type Column } from './table.ts';

export interface Listing<T> {
  /** The table without a template. */
  readonly columns: readonly Column<T>[];
  /** Fields for templates and JSON, under docker's names. */
  readonly fields: (row: T) => TemplateData;
  /** Headings for `table TEMPLATE`; a field without one is shown by its name. */
  readonly headings?: Readonly<Record<string, string>>;
  readonly width?: number | undefined;
  /** `lines`: one object a line, as `ps` does; `array`: one document, as `ls` and `images` do. Default: lines. */
  readonly json?: 'lines' | 'array';
}

/**
 * @param format  `table`, `json`, `table TEMPLATE`, or a Go template; empty means table
 * @throws UserError `usage.template`
 */
export function formatListing<T>(format: string | undefined, rows: readonly T[], listing: Listing<T>): string {
  if (format === undefined || format === '' || format === 'table') return renderTable(listing.columns, rows, { width: listing.width });
  if (format === 'json') return jsonOf(rows.map(listing.fields), listing.json ?? 'lines');
  if (format.startsWith('table ')) return templateTable(format.slice(6), rows, listing);
  const template = compileTemplate(format);
  return rows.map((row) => `${template(listing.fields(row))}\n`).join('');
}

function jsonOf(rows: readonly TemplateData[], shape: 'lines' | 'array'): string {
  if (shape === 'lines') return rows.map((row) => `${goJson(row)}\n`).join('');
  return `${goJson(rows)}\n`;
}

/** Cells are separated by tabs in the template, as Go's tabwriter wants. */
function templateTable<T>(source: string, rows: readonly T[], listing: Listing<T>): string {
  const template = compileTemplate(source);
  const cells = rows.map((row) => template(listing.fields(row)).split('\t'));
  const titles = source.replaceAll('\\t', '\t').split('\t').map((cell) => headingOf(cell, listing.headings ?? {}));
  const columns = titles.map((title, i): Column<string[]> => ({ title, value: (row) => row[i] ?? '' }));
  return renderTable(columns, cells, { width: listing.width });
}

function headingOf(cell: string, headings: Readonly<Record<string, string>>): string {
  return cell.replace(/\{\{[^}]*?\.(\w+)[^}]*\}\}/g, (_, field: string) => headings[field] ?? field.toUpperCase());
}
