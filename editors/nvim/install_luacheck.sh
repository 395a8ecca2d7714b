#!/bin/sh
# Unpacks luacheck and a Lua for it from Debian's packages: install_luacheck.sh FOLDER. Nothing is
# installed on the system; apt checks the packages' checksums.
set -eu
folder=$1
if ! command -v apt-get dpkg-deb > /dev/null; then
    echo "luacheck is missing, and there is no apt-get to fetch it with; install luacheck" >&2
    exit 1
fi
rm -rf "$folder"
mkdir -p "$folder/root"
cd "$folder"
folder=$PWD
apt-cache show lua-check > /dev/null 2>&1 || apt-get -qq update
# root's own folders are closed to apt's user, which it says in a warning
apt-get -qq -o APT::Sandbox::User=root download \
    lua-check lua-argparse lua-filesystem luajit libluajit-5.1-2 libluajit-5.1-common
for package in *.deb; do
    dpkg-deb --extract "$package" root
    rm "$package"
done
libraries=$(dirname "$(find "$folder/root/usr/lib" -name 'libluajit-5.1.so.2')")
lua=$folder/root/usr/share/lua/5.1
cat > luacheck << SCRIPT
#!/bin/sh
export LD_LIBRARY_PATH="$libraries" LUA_PATH="$lua/?.lua;$lua/?/init.lua;$folder/root/usr/share/luajit-2.1/?.lua"
export LUA_CPATH="$libraries/lua/5.1/?.so"
exec "$folder/root/usr/bin/luajit" -e 'require("luacheck.main")' /dev/null "\$@"
SCRIPT
chmod +x luacheck
