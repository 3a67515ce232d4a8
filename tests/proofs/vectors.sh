#!/bin/sh
# Tree vectors for proofs, from b3sum alone: leaf hashes, nodes and roots of trees of several sizes.
#
# Shape: RFC 9162, section 2.1: n leaves split at the largest power of two below n.
# Hashes: BLAKE3 in derive_key mode; the contexts are those of docs/proof-format.md.
# Leaf k of a tree is the four bytes of k, big-endian; the root covers the leaf count in eight bytes.
#
# Usage: sh vectors.sh > vectors.json        (needs b3sum and a printf that knows octal escapes)
set -eu

format="1"

# bytes of a hexadecimal string
unhex() {
    hex=$1
    while [ -n "$hex" ]; do
        rest=${hex#??}
        pair=${hex%"$rest"}
        printf "\\$(printf '%03o' "0x$pair")"
        hex=$rest
    done
}

derive() { b3sum --no-names --derive-key "unbroken proof $format $1"; }
leaf() { unhex "$(printf '%08x' "$1")" | derive leaf; }
node() { unhex "$1$2" | derive node; }

# top FIRST COUNT: topmost hash over COUNT leaves from FIRST on
top() {
    if [ "$2" -eq 1 ]; then
        leaf "$1"
    else
        split=1
        while [ $((split * 2)) -lt "$2" ]; do split=$((split * 2)); done
        left=$(top "$1" "$split")
        right=$(top $(($1 + split)) $(($2 - split)))
        node "$left" "$right"
    fi
}

root() { unhex "$(printf '%016x' "$1")$(top 0 "$1")" | derive root; }

echo "{"
echo "  \"format\": \"$format\","
echo "  \"content_of_abc\": \"$(printf abc | derive content)\","
echo "  \"configuration_of_abc\": \"$(printf abc | derive configuration)\","
echo "  \"leaf_0\": \"$(leaf 0)\","
echo "  \"node_of_leaves_0_and_1\": \"$(node "$(leaf 0)" "$(leaf 1)")\","
echo "  \"roots\": {"
separator=""
for count in 1 2 3 4 5 6 7 8 9 13 16 17 31 33; do
    printf '%s    "%s": "%s"' "$separator" "$count" "$(root "$count")"
    separator=",
"
done
echo
echo "  }"
echo "}"
