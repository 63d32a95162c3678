#!/bin/sh
# Installs WardNote for one user, without root; as uninstall.sh in the program folder it removes it. Speaks Chinese in a Chinese locale.
# Exit codes: 0 done, 1 a bug, 2 usage, 3 this computer lacks something or is in the way, 130 interrupted or declined.
set -eu

ID=org.wardnote.wardnote
SHARE=${XDG_DATA_HOME:-$HOME/.local/share}
PREFIX=$HOME/.local/opt/wardnote
BIN=$HOME/.local/bin
DATA=$SHARE/wardnote
CACHE=${WARDNOTE_CACHE:-$HOME/.cache/wardnote}
SETTINGS=${XDG_CONFIG_HOME:-$HOME/.config}/wardnote
act=install
ask=yes
data=ask
pack=beside
# makeself starts this in a folder of its own: where the user stood, and where the .run lies.
stood=${USER_PWD:-$PWD}
lies=${ARCHIVE_DIR:-$stood}
here=$(cd "$(dirname "$0")" && pwd)
case $0 in
    *uninstall.sh)
        act=uninstall
        PREFIX=$here
        ;;
esac

case ${LC_ALL:-${LC_MESSAGES:-${LANG:-C}}} in zh*) chinese=yes ;; *) chinese=no ;; esac
say() { # Chinese, English
    if [ $chinese = yes ]; then printf '%s\n' "$1"; else printf '%s\n' "$2"; fi
}
stop() { # code, Chinese, English
    say "$2" "$3" >&2
    exit "$1"
}
confirmed() { # Chinese, English: yes unless the answer begins with n
    [ $ask = yes ] && [ -t 0 ] || return 0
    say "$1 [Y/n]" "$2 [Y/n]"
    read -r answer || answer=n
    case $answer in [nN]*) return 1 ;; esac
}

usage() {
    say "用法：WardNote….run [--quiet] -- [选项]
  --yes, --quiet     不提问（卸载时保留数据，除非另给 --data remove）
  --prefix 文件夹    安装到这里（默认 ~/.local/opt/wardnote）
  --pack 模型包|none 同时安装这个模型包（默认：安装包旁边唯一的 .wnpack；none：不安装）
  --uninstall        卸载
  --data keep|remove 卸载时保留或删除病历数据、设置和模型" \
        "Usage: WardNote….run [--quiet] -- [OPTIONS]
  --yes, --quiet     ask nothing (an uninstallation keeps the data, unless --data remove is given)
  --prefix FOLDER    install into this folder (default ~/.local/opt/wardnote)
  --pack PACK|none   install this model pack, too (default: the one .wnpack beside the installer; none: no pack)
  --uninstall        uninstall
  --data keep|remove when uninstalling, keep or remove notes, settings and models"
}

while [ $# -gt 0 ]; do
    case $1 in
        --yes | --quiet | -y | -q) ask=no ;;
        --prefix | --data | --pack)
            [ $# -gt 1 ] || { usage >&2; exit 2; }
            case $1 in --prefix) PREFIX=$2 ;; --data) data=$2 ;; *) pack=$2 ;; esac
            shift
            ;;
        --uninstall) act=uninstall ;;
        --help | -h) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
    shift
done
case $data in ask | keep | remove) ;; *) usage >&2; exit 2 ;; esac
absolute() { # a path, from where the user stood
    case $1 in /*) printf '%s' "$1" ;; *) printf '%s' "$stood/$1" ;; esac
}
PREFIX=$(absolute "$PREFIX")
NEW=$PREFIX.installing
OLD=$PREFIX.old

is_ours() { [ -f "$1/doc/version.txt" ] && [ -x "$1/bin/wardnote" ]; }

refuse_while_running() {
    for process in /proc/[0-9]*; do
        case $(readlink "$process/exe" 2>/dev/null || true) in
            "$PREFIX"/*) stop 3 "病程助手正在运行（进程 ${process#/proc/}）：请先关闭它，再运行一次。" \
                "WardNote is running (process ${process#/proc/}): close it and run this again." ;;
        esac
    done
}

check_computer() {
    [ "$(uname -m)" = x86_64 ] || stop 3 "这台计算机是 $(uname -m)，这个安装包只用于 x86_64（amd64）。" \
        "This computer is $(uname -m); this package is for x86_64 (amd64) only."
    wanted=2.35
    found=$(getconf GNU_LIBC_VERSION 2>/dev/null | awk '{print $2}')
    newest=$(printf '%s\n%s\n' "$wanted" "${found:-0}" | sort -V | tail -n 1)
    [ "$newest" = "${found:-0}" ] || stop 3 \
        "系统的 glibc 是 ${found:-未知}，需要 $wanted 或更新的（例如 Debian 12）。" \
        "This system's glibc is ${found:-unknown}; $wanted or newer is needed (Debian 12, for example)."
}

check_room() {
    mkdir -p "$(dirname "$PREFIX")" 2>/dev/null || stop 3 "无法建立 $(dirname "$PREFIX")：请检查权限。" \
        "$(dirname "$PREFIX") cannot be made: check the permissions."
    wanted=$(cat "$here/kilobytes")
    free=$(df -Pk "$(dirname "$PREFIX")" | awk 'NR == 2 {print $4}')
    [ "$free" -gt "$wanted" ] || stop 3 \
        "磁盘空间不足：$(dirname "$PREFIX") 需要 $((wanted / 1024)) MB，现有 $((free / 1024)) MB。没有安装任何内容。" \
        "Not enough room: $(dirname "$PREFIX") needs $((wanted / 1024)) MB and has $((free / 1024)) MB. Nothing was installed."
}

refuse_newer() {
    [ -f "$PREFIX/doc/version.txt" ] || return 0
    installed=$(cat "$PREFIX/doc/version.txt")
    newest=$(printf '%s\n%s\n' "$installed" "$(cat "$here/version")" | sort -V | tail -n 1)
    [ "$newest" = "$(cat "$here/version")" ] || stop 3 \
        "已经安装了更新的版本 $installed：旧版本可能读不了它的数据。要换回旧版本，请先卸载。" \
        "A newer version, $installed, is installed: an older one may not read its data. Uninstall it first."
}

# Which model pack is installed, too: empty is none.
choose_pack() {
    case $pack in
        none) pack= ;;
        beside)
            set -- "$(absolute "$lies")"/*.wnpack
            pack=
            [ $# -ne 1 ] || [ ! -e "$1" ] || pack=$1
            [ $# -eq 1 ] || say "注意：安装包旁边有 $# 个模型包，都没有安装；请用 --pack 指定一个。" \
                "Note: $# model packs lie beside the installer, none is installed; name one with --pack." >&2
            ;;
        *)
            pack=$(absolute "$pack")
            [ -e "$pack" ] || stop 3 "没有模型包 $pack。没有安装任何内容。" \
                "There is no model pack $pack. Nothing was installed."
            ;;
    esac
}

install_models() {
    [ -n "$pack" ] || return 0
    say "正在安装模型包 $pack …" "Installing the model pack $pack …"
    "$PREFIX/bin/wardnote" models install "$pack" </dev/null || stop 3 \
        "程序已经装好，但模型包没有装上（原因见上）：解决后在“模型”页安装它，或运行 $BIN/wardnote models install。" \
        "The program is installed, the model pack is not (the reason is above): then install it on the Models page,
or by $BIN/wardnote models install."
}

unpack() {
    rm -rf "$NEW"
    mkdir "$NEW"
    trap 'rm -rf "$NEW"' EXIT
    trap 'exit 130' INT TERM HUP
    tar -xzf "$here/tree.tar.gz" -C "$NEW" || stop 3 "解包没有完成，可能磁盘已满：没有安装任何内容。" \
        "Unpacking did not finish, the disk may be full: nothing was installed."
}

# What only this computer can tell: whether the libraries of the desktop are there.
check_libraries() {
    plugin=$NEW/python/lib/python3.11/dist-packages/PySide6/Qt/plugins/platforms/libqxcb.so
    code='import ctypes, sys; ctypes.CDLL(sys.argv[1]); import PySide6.QtWidgets'
    if ! trouble=$("$NEW/python/bin/python3.11" -I -c "$code" "$plugin" 2>&1); then
        reason=$(printf '%s\n' "$trouble" | tail -n 1)
        stop 3 "系统缺少图形界面所需的库（$reason）。没有安装任何内容。请信息科安装后重试，在 Debian、UOS、麒麟上：
  apt-get install libegl1 libgl1 libfontconfig1 libdbus-1-3 libglib2.0-0 libx11-xcb1 libxcb-glx0 libxcb-randr0 libxcb-shape0 libxcb-sync1 libxcb-xfixes0 libxcb-xkb1 libwayland-client0" \
            "This system lacks a library of the desktop ($reason). Nothing was installed. On Debian:
  apt-get install libegl1 libgl1 libfontconfig1 libdbus-1-3 libglib2.0-0 libx11-xcb1 libxcb-glx0 libxcb-randr0 libxcb-shape0 libxcb-sync1 libxcb-xfixes0 libxcb-xkb1 libwayland-client0"
    fi
    if command -v fc-list >/dev/null && [ -z "$(fc-list :lang=zh-cn | head -n 1)" ]; then
        say "注意：系统没有中文字体，窗口中的文字会显示为方框。请安装 fonts-noto-cjk。" \
            "Note: this system has no Chinese font; install fonts-noto-cjk." >&2
    fi
}

swap() {
    rm -rf "$OLD"
    [ ! -e "$PREFIX" ] || mv "$PREFIX" "$OLD"
    mv "$NEW" "$PREFIX"
    rm -rf "$OLD"
}

quoted() { # a path as desktop entries want it
    printf '%s' "$1" | sed -e 's/[\\"`$]/\\&/g' -e 's/\\/\\\\/g' -e 's/%/%%/g' -e 's/.*/"&"/'
}

integrate() {
    mkdir -p "$SHARE/applications" "$BIN"
    (cd "$PREFIX/share" && find . -type f) | while read -r file; do
        mkdir -p "$SHARE/$(dirname "$file")"
        cp "$PREFIX/share/$file" "$SHARE/$file"
    done
    command=$(quoted "$PREFIX/bin/wardnote" | sed -e 's/[\\&|]/\\&/g')
    sed "s|^Exec=.* open|Exec=$command open|" "$PREFIX/share/applications/$ID.desktop" >"$SHARE/applications/$ID.desktop"
    ln -sf "$PREFIX/bin/wardnote" "$BIN/wardnote"
    refresh
}

refresh() {
    for command in "update-desktop-database $SHARE/applications" "update-mime-database $SHARE/mime"; do
        ! command -v "${command%% *}" >/dev/null || "${command%% *}" "${command#* }" >/dev/null 2>&1 || true
    done
}

install() {
    check_computer
    [ -e "$PREFIX" ] || [ ! -e "$OLD" ] || mv "$OLD" "$PREFIX" # an upgrade was cut off between two renames
    if [ -e "$PREFIX" ] && ! is_ours "$PREFIX"; then
        [ -z "$(ls -A "$PREFIX")" ] || stop 2 "$PREFIX 中已有其他文件，请用 --prefix 另选一个文件夹。" \
            "$PREFIX has other files in it: choose another folder with --prefix."
    fi
    refuse_newer
    refuse_while_running
    check_room
    choose_pack
    confirmed "安装病程助手 $(cat "$here/version") 到 $PREFIX${pack:+，并安装模型包 $pack}？" \
        "Install WardNote $(cat "$here/version") into $PREFIX${pack:+, and the model pack $pack}?" || stop 130 "没有安装。" "Nothing was installed."
    unpack
    check_libraries
    swap
    integrate
    say "已安装病程助手 $(cat "$here/version")：$PREFIX。从菜单打开病程助手，或运行 $BIN/wardnote。
病历数据在 $DATA，升级和卸载都不动它。" \
        "WardNote $(cat "$here/version") is installed in $PREFIX. Open it from the menu, or run $BIN/wardnote.
Notes are kept in $DATA, which upgrades leave alone."
    install_models
}

uninstall() {
    is_ours "$PREFIX" || stop 3 "$PREFIX 中没有安装病程助手。" "WardNote is not installed in $PREFIX."
    refuse_while_running
    confirmed "卸载病程助手（$PREFIX）？" "Uninstall WardNote ($PREFIX)?" || stop 130 "没有卸载。" "Nothing was removed."
    if [ "$data" = ask ]; then
        data=keep
        if [ $ask = yes ] && [ -t 0 ]; then
            say "同时删除病历数据、设置和模型（$DATA、$SETTINGS、$CACHE）吗？删除后无法恢复 [y/N]" \
                "Remove notes, settings and models, too ($DATA, $SETTINGS, $CACHE)? That cannot be undone [y/N]"
            read -r answer || answer=n
            case $answer in [yY]*) data=remove ;; esac
        fi
    fi
    (cd "$PREFIX/share" && find . -type f) | while read -r file; do rm -f "$SHARE/$file"; done
    [ "$(readlink "$BIN/wardnote" 2>/dev/null || true)" != "$PREFIX/bin/wardnote" ] || rm -f "$BIN/wardnote"
    rm -rf "$PREFIX" "$NEW" "$OLD"
    refresh
    if [ "$data" = remove ]; then
        rm -rf "$DATA" "$SETTINGS" "$CACHE"
        say "已卸载，病历数据、设置和模型已删除。" "Uninstalled; notes, settings and models are removed."
    else
        say "已卸载。病历数据保留在 $DATA，设置在 $SETTINGS，模型在 $CACHE。" \
            "Uninstalled. Notes stay in $DATA, settings in $SETTINGS, models in $CACHE."
    fi
}

$act
