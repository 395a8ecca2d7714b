#!/bin/sh
# The first minutes in a Debian 12 that was made a moment ago, by a user who was made then too:
# `clean_root.sh FOLDER WHEEL NEOVIM`, as root. FOLDER is what is made, NEOVIM a folder with
# `bin/nvim`. Needs mmdebstrap. pip in it takes packages from its own index, by this machine's network.
set -e
folder=$1 wheel=$(realpath "$2") neovim=$(realpath "$3") here=$(realpath "$(dirname "$0")/../..")
began=$(date +%s)
# python3-venv is Debian's word for a Python that can make virtual environments; tmux types for us
mmdebstrap --quiet --variant=minbase --include=python3,python3-venv,ca-certificates,tmux bookworm "$folder"
folder=$(realpath "$folder")
echo "a clean root: $(($(date +%s) - began)) s, $(du -sxm "$folder" | cut -f1) MB"
mkdir -p "$folder/fillwright/tests/bench" "$folder/fillwright/fixtures/demo" "$folder/opt/neovim"
cp "$here/tests/bench/first_minutes.sh" "$folder/fillwright/tests/bench/"
cp "$here/fixtures/demo/shelf.py" "$folder/fillwright/fixtures/demo/"
cp "$wheel" "$folder/fillwright/"
cp -r "$neovim/." "$folder/opt/neovim/"
cp /etc/resolv.conf /etc/hosts "$folder/etc/"
cp /etc/ssl/certs/ca-certificates.crt "$folder/etc/ssl/certs/"
chroot "$folder" useradd --create-home --shell /bin/sh stranger
# the mounts are gone with the namespace
unshare --mount --pid --fork sh -e -c '
    mount -t proc proc "$1/proc"
    mount --rbind /dev "$1/dev"
    exec chroot "$1" su - stranger -c "
        export PIP_CERT=/etc/ssl/certs/ca-certificates.crt LANG=C.UTF-8 TERM=xterm-256color
        /fillwright/tests/bench/first_minutes.sh /fillwright/$2 /opt/neovim/bin/nvim /usr/bin/tmux"
' sh "$folder" "$(basename "$wheel")"
