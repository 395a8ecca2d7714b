# What both first_minutes scripts share: a new user's folder as HOME, which goes at the end, the
# installation, and `step NAME`, which prints the seconds since the last step and how many of a
# processor's they were (on a busy machine those say more; what stays resident is not in them).
# Needs `wheel`; PYTHON is the Python to install with.
python=$(command -v "${PYTHON:-python3}")
HOME=$(mktemp -d)
export HOME PIP_NO_CACHE_DIR=1 PATH="$HOME/venv/bin:$HOME/bin:/usr/bin:/bin"
unset XDG_RUNTIME_DIR XDG_CONFIG_HOME XDG_CACHE_HOME XDG_DATA_HOME
began=$(date +%s) last=$(date +%s) used=0

step() {
    now=$(date +%s)
    times > "$HOME/times"
    seconds=$(awk 'NR == 2 { split($1, u, "[ms]"); split($2, s, "[ms]");
        printf "%d", u[1] * 60 + u[2] + s[1] * 60 + s[2] }' "$HOME/times")
    echo "$1: $((now - last)) s, $((seconds - used)) s of a processor"
    last=$now used=$seconds
}

install() {
    "$python" -m venv "$HOME/venv"
    "$HOME/venv/bin/pip" install --quiet "$wheel"
    step "install, $(du -sm "$HOME/venv" | cut -f1) MB"
}
