# bash completion of beside-endpoint
_beside_endpoint() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
  case $prev in
    -data) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    -admin-secret-file | -database-file | -turn-secret-file | -graph-cert | -graph-key | -graph-secret-file | -tls-cert | -tls-key | -webhook-secret-file | -siem-ca | -config) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    -listen | -metrics | -tenant | -client-id | -api | -admin-client-id | -authority | -issuer | -issuer-scope | -issuer-require | -claim-object | -claim-name | -claim-username | -claim-email | -claim-groups | -claim-roles | -company | -domain | -origin | -database | -relay | -relay-host | -turn-url | -graph-url | -api-client-id | -syslog | -webhook | -trusted-proxy) return ;;
    -directory) mapfile -t COMPREPLY < <(compgen -W "file graph scim claims" -- "$cur"); return ;;
    settings) mapfile -t COMPREPLY < <(compgen -W "get set" -- "$cur"); return ;;
    role | assign) mapfile -t COMPREPLY < <(compgen -W "list set delete" -- "$cur"); return ;;
    scim) mapfile -t COMPREPLY < <(compgen -W "list token revoke" -- "$cur"); return ;;
    directory) mapfile -t COMPREPLY < <(compgen -W "people groups devices group device drop-group drop-device import" -- "$cur"); return ;;
    admin) mapfile -t COMPREPLY < <(compgen -W "list grant revoke" -- "$cur"); return ;;
    backup) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    device) mapfile -t COMPREPLY < <(compgen -W "list token void revoke" -- "$cur"); return ;;
    anchor) mapfile -t COMPREPLY < <(compgen -W "request import" -- "$cur"); return ;;
    audit) mapfile -t COMPREPLY < <(compgen -W "list verify" -- "$cur"); return ;;
  esac
  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "-data -listen -metrics -tenant -client-id -api -admin-client-id -admin-secret-file -database -database-file -authority -issuer -issuer-scope -issuer-require -claim-object -claim-name -claim-username -claim-email -claim-groups -claim-roles -company -domain -origin -tls-cert -tls-key -relay -relay-tls -relay-host -turn-url -turn-secret-file -directory -graph-url -graph-cert -graph-key -graph-secret-file -api-client-id -syslog -webhook -webhook-secret-file -siem-ca -trusted-proxy -config" -- "$cur")
  else
    mapfile -t COMPREPLY < <(compgen -W "serve settings role assign sessions audit admin scim directory purge migrate backup rotate-keys anchor config device" -- "$cur")
  fi
}
complete -F _beside_endpoint beside-endpoint
