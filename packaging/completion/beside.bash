# bash completion of beside
_beside() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
  case $prev in
    -lang | --lang) mapfile -t COMPREPLY < <(compgen -W "en nl" -- "$cur"); return ;;
    -look | --look) mapfile -t COMPREPLY < <(compgen -W "light dark" -- "$cur"); return ;;
    -state | --state) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    -endpoint | -tenant | -client-id | -api | -authority | -issuer | -issuer-scope | -claim-object | -anchor) return ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "-endpoint -tenant -client-id -api -authority -issuer -issuer-scope -claim-object -anchor -lang -look -state -show-config -stats -v -version -enrol" -- "$cur")
}
complete -F _beside beside
