# SPDX-License-Identifier: MIT
# bash completion for state-unit

# Where the set is, as far as it has been said already.
_state_unit_place ()
{
  local i
  for ((i = 2; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --address | --bus | --name | --object-path)
        printf '%s\0' "${COMP_WORDS[i]}" "${COMP_WORDS[i + 1]}"
        ;;
    esac
  done
}

_state_unit_units ()
{
  local place=()
  mapfile -d '' place < <(_state_unit_place)
  state-unit list "${place[@]}" 2>/dev/null | sed -e 1d -e 's/  .*//'
}

_state_unit ()
{
  local cur=$2 prev=$3 job=${COMP_WORDS[1]}
  local graph_jobs='plan simulate verify'
  local live_jobs='list tree status start stop reset save restore inspect set monitor explain plot'
  COMPREPLY=()

  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W "$graph_jobs $live_jobs --help --version" -- "$cur")
    return
  fi
  case $prev in
    --bus)
      mapfile -t COMPREPLY < <(compgen -W 'session system' -- "$cur")
      return
      ;;
    --policy)
      mapfile -t COMPREPLY < <(compgen -W 'skip-dependents roll-back keep-going' -- "$cur")
      return
      ;;
    --svg | --trace | --dot | --live-save)
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    --address | --name | --object-path | --timeout | --depth | --latency | --seed | --cycles | \
      --threads | --max-concurrency | --fail | --hang | --cancel-after | --abandon-after)
      return
      ;;
  esac
  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(state-unit "$job" --help 2>/dev/null |
      grep -o -e '--[a-z-]*' | sort -u)" -- "$cur")
    return
  fi
  case $job in
    tree | start | stop | reset | explain)
      local IFS=$'\n'
      mapfile -t COMPREPLY < <(compgen -W "$(_state_unit_units)" -- "$cur")
      # Names with colons: what stands before the last one is there already.
      declare -F __ltrim_colon_completions >/dev/null && __ltrim_colon_completions "$cur"
      ;;
    save | restore | plot | plan | simulate | verify)
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      ;;
  esac
}

complete -o filenames -F _state_unit state-unit
