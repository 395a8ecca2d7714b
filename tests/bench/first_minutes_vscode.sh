#!/bin/sh
# From nothing to the first accepted ghost text in VS Code, with a new user's folder and no cache:
# `first_minutes_vscode.sh WHEEL VSIX CODE`. CODE is what tests/editors/vscode downloads, a VS Code
# that a browser shows: `node/` and `vscode/`; fetching it is no part of the numbers. The extension's
# tests must be built (`npm run build`), and chromium be there. Prints the time of each step.
set -e
wheel=$(realpath "$1") vsix=$(realpath "$2") code=$(realpath "$3")
here=$(realpath "$(dirname "$0")") port=${PORT:-8471}
tests=$here/../../editors/vscode/dist/test/browser shelf=$here/../../fixtures/demo/shelf.py
. "$here/first_minutes_steps.sh"
trap 'fillwright engine stop; kill $server 2> /dev/null; rm -rf "$HOME"' EXIT
cd "$HOME"

vscode() {
    "$code/node/bin/node" "$code/vscode/out/server-main.js" --accept-server-license-terms \
        --server-data-dir "$HOME/server" --user-data-dir "$HOME/data" \
        --extensions-dir "$HOME/extensions" "$@"
}

install
vscode --install-extension "$vsix" > extension.txt
step "code --install-extension, $(du -sm extensions | cut -f1) MB"
mkdir -p work data/User
cp "$shelf" work/
# nothing but this extension, and nobody is asked anything
echo '{"chat.disableAIFeatures": true, "workbench.startupEditor": "none"}' > data/User/settings.json
export EXTENSIONS_GALLERY='{"serviceUrl": "", "itemUrl": "", "resourceUrlTemplate": ""}'
vscode --host 127.0.0.1 --port "$port" --without-connection-token --telemetry-level off \
    --disable-experiments --disable-workspace-trust > server.txt 2>&1 &
server=$!
until curl --silent --output /dev/null "http://127.0.0.1:$port/version"; do sleep 0.1; done
step "start VS Code"
node "$tests/runUi.js" "$port" firstGhost "$HOME/work" shelf.py "" "$HOME"
step "open, type, ghost text, accept, save"
echo "all: $((last - began)) s"
