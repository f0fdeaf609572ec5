/** `completion bash|zsh|fish`: a script that asks `tscompose __complete` for candidates. */
import { ExitCode, UserError } from '../../base/index.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';

const BASH = `# bash completion for tscompose; load with: source <(tscompose completion bash)
_tscompose() {
  local cur candidates
  cur="\${COMP_WORDS[COMP_CWORD]}"
  candidates="$(tscompose __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)"
  if [ "$candidates" = ":files" ]; then
    COMPREPLY=($(compgen -f -- "$cur"))
    compopt -o filenames 2>/dev/null
  else
    local IFS=$'\\n'
    COMPREPLY=($(compgen -W "$(cut -f1 <<<"$candidates")" -- "$cur"))
  fi
}
complete -F _tscompose tscompose
`;

const ZSH = `#compdef tscompose
# zsh completion for tscompose; load with: source <(tscompose completion zsh)
_tscompose() {
  local -a lines described
  lines=("\${(@f)$(tscompose __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "\${lines[1]}" == ":files" ]]; then
    _files
    return
  fi
  local line
  for line in $lines; do described+=("\${\${line//:/\\\\:}/$'\\t'/:}"); done
  _describe 'tscompose' described
}
if [ "\${funcstack[1]}" = "_tscompose" ]; then _tscompose "$@"; else compdef _tscompose tscompose; fi
`;

const FISH = `# fish completion for tscompose; load with: tscompose completion fish | source
function __tscompose_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l found (tscompose __complete -- $words[2..-1] 2>/dev/null)
  if test "$found" = ":files"
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $found
  end
end
complete -c tscompose -f -a '(__tscompose_complete)'
`;

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const scripts: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
  const [shell = ''] = input.args;
  const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
  if (script === undefined) throw new UserError(`no completion for "${shell}"`, { code: 'usage.arguments', hint: 'bash, zsh or fish' });
  await cli.stdout.write(script);
  return ExitCode.ok;
}
