import type { Figure } from './scenarios.ts';
import { median } from './measure.ts';

/** metric → tool → samples */
export type Results = Map<string, Map<string, Figure[]>>;

export function record(results: Results, metric: string, tool: string, figure: Figure): void {
  const tools = results.get(metric) ?? new Map<string, Figure[]>();
  results.set(metric, tools);
  tools.set(tool, [...(tools.get(tool) ?? []), figure]);
}

const isRate = (unit: Figure['unit']) => unit === 'MB/s' || unit === 'Gbit/s';
const digits = (value: number) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/**
 * A table with a row per metric: each tool's median (least to most, count), and how many times better `subject` is than each other tool.
 * Above 1 is better, for times, memory and rates alike.
 */
export function formatTable(results: Results, tools: readonly string[], subject: string): string {
  const others = tools.filter((tool) => tool !== subject);
  const rows = [['metric', 'unit', ...tools, ...others.map((tool) => `× ${tool}`)]];
  for (const [metric, samples] of results) {
    const values = new Map([...samples].map(([tool, figures]) => [tool, figures.map(({ value }) => value)]));
    const unit = [...samples.values()][0]?.[0]?.unit ?? 'ms';
    const own = values.get(subject);
    rows.push([
      metric,
      unit,
      ...tools.map((tool) => cell(values.get(tool))),
      ...others.map((tool) => ratio(own, values.get(tool), unit)),
    ]);
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length))) ?? [];
  return rows.map((row) => row.map((text, column) => (column < 2 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0))).join('  ').trimEnd()).join('\n');
}

function cell(values: readonly number[] | undefined): string {
  if (!values || values.length === 0) return '-';
  return `${digits(median(values))} (${digits(Math.min(...values))}-${digits(Math.max(...values))}) ${values.length}`;
}

function ratio(own: readonly number[] | undefined, other: readonly number[] | undefined, unit: Figure['unit']): string {
  if (!own?.length || !other?.length) return '-';
  const times = isRate(unit) ? median(own) / median(other) : median(other) / median(own);
  return `${times.toFixed(2)}×`;
}
