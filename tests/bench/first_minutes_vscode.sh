#!/bin/sh
# From nothing to the first accepted ghost text in VS Code, as README.md says it, with a new user's
# folder and no cache: `first_minutes_vscode.sh VSCODE [VSIX [WHEEL]]`. VSCODE is a folder with
# `vscode/` and `node/` as tests/editors/vscode/conftest.py downloads it; without VSIX one is made from a
# clone. The server comes from WHEEL by pip, without one from the extension by its Install button.
# Prints the seconds of each step. The browser's steps are those of editors/vscode/dist/test.
set -e
code=$(realpath "$1") root=$(realpath "$(dirname "$0")/../..") package=${2:+$(realpath "$2")}
wheel=${3:+$(realpath "$3")}
HOME=$(mktemp -d)
export HOME PIP_NO_CACHE_DIR=1
export EXTENSIONS_GALLERY='{"serviceUrl": "", "itemUrl": "", "resourceUrlTemplate": ""}'
unset XDG_RUNTIME_DIR XDG_CONFIG_HOME XDG_CACHE_HOME XDG_DATA_HOME FILLWRIGHT_RUNTIME_DIR
installed=$HOME/data/User/globalStorage/fillwright.fillwright/server
way=fromNothing
[ -z "$wheel" ] || installed=$HOME/venv way=withServer
trap '[ ! -d "$installed" ] || "$installed/bin/fillwright" engine stop
    kill $server 2> /dev/null; rm -rf "$HOME"' EXIT
cd "$HOME"
began=$(date +%s) last=$(date +%s)

step() {
    now=$(date +%s)
    echo "$1: $((now - last)) s"
    last=$now
}

vscode="$code/node/bin/node $code/vscode/out/server-main.js --accept-server-license-terms
    --server-data-dir $HOME/server --user-data-dir $HOME/data --extensions-dir $HOME/extensions
    --telemetry-level off --disable-experiments"

if [ -z "$package" ]; then
    git clone --quiet "$root" fillwright
    step "clone"
    make --silent -C fillwright vsix > vsix.txt 2>&1
    step "make vsix"
    package=$(echo fillwright/editors/vscode/dist/fillwright-*.vsix)
fi
if [ -n "$wheel" ]; then
    python3 -m venv venv
    venv/bin/pip install --quiet "$wheel"
    # VS Code asks a login shell for the PATH
    echo "PATH=$HOME/venv/bin:\$PATH" > .profile
    step "pip install"
fi
echo "the package: $(du -m "$package" | cut -f1) MB"
$vscode --install-extension "$package" > extension.txt 2>&1
step "code --install-extension"
mkdir project shots
cp "$root/fixtures/demo/shelf.py" project
$vscode --host 127.0.0.1 --port 8765 --without-connection-token > server.txt 2>&1 &
server=$!
until curl --silent --fail http://127.0.0.1:8765/version > /dev/null; do sleep 0.1; done
node "$root"/editors/vscode/dist/test/browser/runUi.js 8765 $way \
    "$HOME/project" shelf.py "" "${SHOTS:-$HOME/shots}"
step "start VS Code, type, Tab, save"
[ "$(grep -c "self.width = width" project/shelf.py)" = 2 ]
du -sm "$installed" | cut -f1 | sed 's/$/ MB is what was installed/'
echo "all: $((last - began)) s"
