import { describe, expect, it } from 'vitest';
import { formatListing } from '../../../src/cli/render/format.ts';
import { compileTemplate } from '../../../src/cli/render/go-template.ts';

const data = {
  Name: 'web-1',
  State: 'running',
  Exit: 0,
  Ports: [{ Port: 80 }, { Port: 81 }],
  None: [],
  Labels: { a: '1' },
  Label: (name: unknown) => ({ role: 'front' })[String(name)] ?? '',
};

describe('a Go template', () => {
  it.each([
    ['{{.Name}} is {{.State}}', 'web-1 is running'],
    ['{{ .Name | upper }}', 'WEB-1'],
    ['{{json .Ports}}', '[{"Port":80},{"Port":81}]'],
    ['{{.Label "role"}}', 'front'],
    ['{{if eq .State "running"}}up{{else}}down{{end}}', 'up'],
    ['{{if .Exit}}failed{{else if .None}}x{{else}}fine{{end}}', 'fine'],
    ['{{range .Ports}}[{{.Port}}]{{end}}', '[80][81]'],
    ['{{range .None}}x{{else}}none{{end}}', 'none'],
    ['{{index .Labels "a"}}', '1'],
    ['{{len .Ports}} {{truncate .Name 3}}', '2 web'],
    ['{{join (split .Name "-") "+"}}', 'web+1'],
    ['{{if and (gt (len .Ports) 1) (not .Exit)}}y{{end}}', 'y'],
    ['a {{- .Name -}} b', 'aweb-1b'],
    ['{{.Name}}\\t{{.State}}', 'web-1\trunning'],
    ['{{/* nothing */}}x', 'x'],
    ['{{printf "%-6s|%3d|%q" .Name .Exit "a\\"b"}}', 'web-1 |  0|"a\\"b"'],
    ['{{index .Ports 1 "Port"}}{{index .Labels "none"}}', '81'],
    ['{{or .None "x"}} {{and .Name 0}} {{json .Label}}', 'x 0 null'],
    ['{{.Labels}} {{.None}}', 'map[a:1] []'],
  ])('%s', (source, expected) => expect(compileTemplate(source)(data)).toBe(expected));

  it.each(['{{.Name', '{{if .Name}}x', '{{nope .Name}}', '{{end}}', '{{.Name | }}', '{{(.Name}}', '{{.Nope}}', '{{.Name.Length}}', '{{json}}', '{{upper}}', '{{join .Ports}}', '{{truncate .Name 1 2}}', '{{eq}}', '{{printf "%p" 1}}', '{{.Label}}', '{{.Label "a" "b"}}'])('refuses %s in one sentence', (source) => {
    expect(() => compileTemplate(source)(data)).toThrow(/^template parsing error: /);
  });

  it('cannot reach what is not data', () => {
    for (const source of ['{{.constructor}}', '{{.__proto__}}', '{{constructor}}', '{{.Name.constructor}}']) {
      expect(() => compileTemplate(source)(data)).toThrow(/template/);
    }
  });
});

describe('a listing', () => {
  const listing = { columns: [{ title: 'NAME', value: (row: { n: string }) => row.n }], fields: (row: { n: string }) => ({ Name: row.n, CreatedAt: 'now' }), headings: { CreatedAt: 'CREATED' } };
  const rows = [{ n: 'a' }, { n: '<b>' }];

  it('prints JSON a line each, escaped as Go does', () => {
    expect(formatListing('json', rows, listing)).toBe('{"Name":"a","CreatedAt":"now"}\n{"Name":"\\u003cb\\u003e","CreatedAt":"now"}\n');
  });
  it('prints one JSON document where docker does', () => expect(JSON.parse(formatListing('json', rows, { ...listing, json: 'array' }))).toHaveLength(2));
  it('prints a table from a template', () => expect(formatListing('table {{.Name}}\\t{{.CreatedAt}}', rows, listing)).toBe('NAME   CREATED\na      now\n<b>    now\n'));
  it('prints the headings alone when there is nothing', () => expect(formatListing(undefined, [], listing)).toBe('NAME\n'));
});
