# shellcheck shell=bash
# For the first processes of the rack and of its hosts: what their mount namespace looks like.

# own_tmp DIR: an empty /tmp, with those of the shared folders that lie below it.
own_tmp() {
  local folder
  mkdir -p "$1/staging"
  mount -t tmpfs -o mode=1777 tmp "$1/staging"
  while read -r folder; do
    if [[ $folder != /tmp/* ]]; then continue; fi
    mkdir -p "$1/staging/${folder#/tmp/}"
    mount --bind "$folder" "$1/staging/${folder#/tmp/}"
  done <"$1/shared"
  mount --move "$1/staging" /tmp
}

# Becomes what a first process has to be: it waits for ever, and for every orphan.
reap_for_ever() {
  while true; do
    sleep 3600 &
    wait $!
  done
}
