/** Shells that a completion script is there for. */
export const completedShells = ["bash", "zsh", "fish"] as const;

export type CompletedShell = (typeof completedShells)[number];

/** Line of `edgecert complete` that says: names of files may stand here as well. */
export const filesLine = ":files";

/**
 * The scripts by shell. Each hands the words before the cursor to `edgecert complete`, which prints one candidate per
 * line, its description behind a tab.
 */
export const completionScripts: Readonly<Record<CompletedShell, string>> = {
  bash: `# Completion of edgecert for bash: source <(edgecert completion bash)
_edgecert() {
  local line value prefix current words candidates
  read -ra words <<< "\${COMP_LINE:0:COMP_POINT}"
  [[ \${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]] && words+=("")
  current=\${words[\${#words[@]} - 1]}
  # Because bash takes a word for several where it holds one of these, only what follows the last is replaced.
  prefix=
  [[ $current =~ ^.*[=:] ]] && prefix=\${BASH_REMATCH[0]}
  COMPREPLY=()
  mapfile -t candidates < <("\${words[0]}" complete -- "\${words[@]:1}" 2> /dev/null)
  for line in "\${candidates[@]}"; do
    if [[ $line == ${filesLine} ]]; then
      compopt -o filenames
      mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "\${current##*=}")
      continue
    fi
    value=\${line%%$'\\t'*}
    [[ $value == *= ]] && compopt -o nospace
    COMPREPLY+=("\${value#"$prefix"}")
  done
}
complete -o nosort -F _edgecert edgecert
`,
  zsh: `#compdef edgecert
# Completion of edgecert for zsh: source <(edgecert completion zsh), or save it as _edgecert in a folder of $fpath
_edgecert() {
  local line value files
  local -a candidates described open
  candidates=("\${(@f)$("\${words[1]}" complete -- "\${(@Q)words[2,CURRENT]}" 2> /dev/null)}")
  for line in $candidates; do
    if [[ $line == ${filesLine} ]]; then files=1; continue; fi
    value=\${line%%$'\\t'*}
    # Because what ends so is not complete yet, no space goes behind it.
    if [[ $value == *= ]]; then open+=("\${value//:/\\\\:}"); continue; fi
    described+=("\${value//:/\\\\:}:\${line#*$'\\t'}")
  done
  (( \${#described} )) && _describe -V edgecert described
  (( \${#open} )) && _describe -V edgecert open -S ''
  [[ -n $files ]] && _files
}
if [[ \${funcstack[1]} == _edgecert ]]; then _edgecert "$@"; else compdef _edgecert edgecert; fi
`,
  fish: `# Completion of edgecert for fish: edgecert completion fish | source
function __edgecert_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in ($words[1] complete -- $words[2..-1] 2> /dev/null)
    if test "$line" = ${filesLine}
      __fish_complete_path (commandline -ct)
    else
      echo $line
    end
  end
end
complete -c edgecert -f -a '(__edgecert_complete)'
`,
};
