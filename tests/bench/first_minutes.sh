#!/bin/sh
# From nothing to the first accepted ghost text in Neovim, as docs/first-fill.md says it, with a new
# user's folder and no cache: `first_minutes.sh WHEEL NVIM TMUX`. Prints the seconds of each step.
set -e
wheel=$(realpath "$1") nvim=$(realpath "$2") tmux="$(realpath "$3") -L first-minutes -f /dev/null"
shelf=$(realpath "$(dirname "$0")/../../fixtures/demo/shelf.py")
HOME=$(mktemp -d)
export HOME PIP_NO_CACHE_DIR=1 PATH="$HOME/venv/bin:$HOME/bin:$PATH"
unset XDG_RUNTIME_DIR XDG_CONFIG_HOME
trap 'fillwright engine stop; $tmux kill-server 2> /dev/null || true; rm -rf "$HOME"' EXIT
cd "$HOME"
mkdir bin
ln -s "$nvim" bin/nvim
began=$(date +%s) last=$(date +%s)

step() {
    now=$(date +%s)
    echo "$1: $((now - last)) s"
    last=$now
}

python3 -m venv venv
venv/bin/pip install --quiet "$wheel"
step "install, $(du -sm venv | cut -f1) MB"
fillwright doctor > doctor.txt
step "doctor"
fillwright setup neovim --yes > setup.txt
step "setup"
cp "$shelf" .
$tmux new-session -d -x 100 -y 30 "nvim shelf.py"
sleep 3
$tmux send-keys "/raise" Enter "C"
for key in s e l f . w; do
    $tmux send-keys -l "$key"
    sleep 0.12
done
# the constructor has the line already
until [ "$($tmux capture-pane -p | grep -c "self.width = width")" = 2 ]; do sleep 0.1; done
step "open, type, ghost text"
$tmux send-keys M-l
sleep 0.5
$tmux send-keys Escape
# else the two keys are one, with Alt
sleep 0.5
$tmux send-keys ":wq" Enter
sleep 1
[ "$(grep -c "self.width = width" shelf.py)" = 2 ]
step "accept, save"
echo "all: $((last - began)) s"
