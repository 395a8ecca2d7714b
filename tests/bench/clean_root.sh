#!/bin/sh
# The first minutes in Neovim from a system that has nothing but Debian's Python, as root:
# `clean_root.sh WHEEL NVIM_FOLDER [WHEELS]`. NVIM_FOLDER is what tests/editors/nvim installs, seen
# inside at the same place; of the folder WHEELS pip takes PyTorch for the CPU. debootstrap makes the
# root in a temporary folder, which is removed afterwards. Its time is no part of the numbers.
set -e
wheel=$(realpath "$1") nvim=$(realpath "$2") wheels=${3:+$(realpath "$3")}
here=$(realpath "$(dirname "$0")")
root=$(mktemp -d)
bound=
leave() {
    for place in $bound; do umount "$root$place"; done
    rm -rf --one-file-system "$root"
}
trap leave EXIT
debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates,procps bookworm "$root" > "$root.log"
rm "$root.log"

bind() {
    mkdir -p "$root$1"
    mount --bind "$1" "$root$1"
    bound="$1 $bound"
}

for place in /proc /dev "$nvim" "$(dirname "$here")/../fixtures" "$here" ${wheels:+"$wheels"}; do
    bind "$(realpath "$place")"
done
cp "$wheel" "$root/tmp/"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
# the packages are fetched from where this system fetches them
for file in /etc/pip.conf "$HOME/.config/pip/pip.conf"; do
    if [ -e "$file" ]; then cat "$file" >> "$root/etc/pip.conf"; fi
done
cp -r /etc/ssl/certs "$root/etc/ssl/"
echo "the root: $(du -smx "$root" | cut -f1) MB"
env -i PATH=/usr/bin:/bin HOME=/root LANG=C.UTF-8 TERM=xterm-256color ${wheels:+PIP_FIND_LINKS="$wheels"} \
    chroot "$root" sh "$here/first_minutes.sh" "/tmp/$(basename "$wheel")" "$nvim/nvim-0.12" "$nvim/tmux"
