#!/bin/sh
# Run the program from any directory, compiling it first if that was not done; --help says how.
case $0 in
    */*) here=${0%/*} ;;
    *) here=. ;;
esac
[ -x "$here/main" ] || command -v make > /dev/null || {
    echo "error: compiling needs make and a C++ compiler (Debian: apt install g++ make)" >&2
    exit 1
}
# A program without the right to be run has come out of an archive, perhaps from another machine.
[ -x "$here/main" ] || { rm -f "$here/main" && make -C "$here" >&2; } || exit 1
exec "$here/main" "$@"
