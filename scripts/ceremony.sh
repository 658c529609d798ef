#!/usr/bin/env bash
# Key ceremony of a public test network: keys of an operator, and the chain specification from what
# all operators publish. Secrets stay in files that only their owner can read, never on a command line.
#
#   scripts/ceremony.sh keys NAME DIR [executor|validator|both]
#       makes the keys of an operator: secrets in DIR/NAME/, public keys in DIR/NAME.json. Publish the
#       latter; take a copy of the former to a safe place. `both` is the default.
#   scripts/ceremony.sh spec OUT --name NAME --id ID [OPTION...] FILE...
#       writes the chain specification OUT from the published files, and prints its SHA-256.
#       `opg-node build-testnet --help` has the options.
#   scripts/ceremony.sh verify SPEC --name NAME --id ID [OPTION...] FILE...
#       builds it again from the same files and options, and compares.
#   scripts/ceremony.sh insert DIR/NAME SPEC BASE_PATH
#       puts the secrets into the keystore of a node of that chain, with a new network key.
#
#   OPG_NODE   the program; default: opg-node of the PATH, or else the one that was built here
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
umask 077

usage() {
	sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
	exit 2
}

node() {
	local program="${OPG_NODE:-}"
	[ -n "$program" ] || program="$(command -v opg-node || true)"
	[ -n "$program" ] || program="$OPG_BIN/opg-node"
	[ -x "$program" ] || die "opg-node is neither in the PATH nor built: OPG_NODE names one"
	"$program" "$@"
}

# field NAME: the value of a field of the JSON that opg-node prints, one field a line.
field() { sed -n "s/^ *\"$1\": \"\(.*\)\",\{0,1\}\$/\1/p"; }

# secret FILE SCHEME: makes a secret phrase in FILE, and prints its public key in SS58.
secret() {
	local json
	[ ! -e "$1" ] || die "$1 is there already: each operator's keys are made once"
	json="$(node key generate --scheme "$2" --output-type json)"
	field secretPhrase <<<"$json" >"$1"
	[ -s "$1" ] || die "opg-node made no key"
	field ss58PublicKey <<<"$json"
}

keys() {
	[ $# -ge 2 ] || usage
	local name="$1" dir="$2" roles="${3:-both}" account babe grandpa court beefy hot
	[[ "$name" =~ ^[a-z0-9-]{1,32}$ ]] || die "a name has small letters, digits and hyphens, at most 32"
	case "$roles" in executor | validator | both) ;; *) usage ;; esac
	mkdir -p "$dir/$name"
	account="$(secret "$dir/$name/account" sr25519)"
	{
		printf '{\n\t"name": "%s",\n\t"account": "%s"' "$name" "$account"
		if [ "$roles" != executor ]; then
			babe="$(secret "$dir/$name/babe" sr25519)"
			grandpa="$(secret "$dir/$name/grandpa" ed25519)"
			court="$(secret "$dir/$name/court" ed25519)"
			beefy="$(secret "$dir/$name/beefy" ecdsa)"
			printf ',\n\t"session": { "babe": "%s", "grandpa": "%s", "court": "%s", "beefy": "%s" }' \
				"$babe" "$grandpa" "$court" "$beefy"
		fi
		if [ "$roles" != validator ]; then
			hot="$(secret "$dir/$name/hot" ed25519)"
			printf ',\n\t"hot": "%s"' "$hot"
		fi
		printf '\n}\n'
	} >"$dir/$name.json"
	chmod 644 "$dir/$name.json"
	say "secrets: $dir/$name/ (keep the account offline once it has bonded)"
	say "publish: $dir/$name.json"
}

spec() {
	[ $# -ge 2 ] || usage
	local out="$1"
	shift
	[ ! -e "$out" ] || die "$out is there already"
	node build-testnet "$@" >"$out.part"
	chmod 644 "$out.part"
	mv "$out.part" "$out"
	sha256sum "$out"
}

verify() {
	[ $# -ge 2 ] || usage
	local spec="$1" again
	shift
	again="$(mktemp)"
	# shellcheck disable=SC2064
	trap "rm -f '$again'" EXIT
	node build-testnet "$@" >"$again"
	cmp "$spec" "$again" || die "$spec is not what these files and this program give"
	sha256sum "$spec"
	say "the same"
}

insert() {
	[ $# -eq 3 ] || usage
	local secrets="$1" spec="$2" base="$3" type id
	declare -A schemes=([babe]=sr25519 [grandpa]=ed25519 [court]=ed25519 [beefy]=ecdsa [hot]=ed25519)
	declare -A types=([babe]=babe [grandpa]=gran [court]=opgc [beefy]=beef [hot]=opgx)
	for type in babe grandpa court beefy hot; do
		[ -e "$secrets/$type" ] || continue
		node key insert --base-path "$base" --chain "$spec" --key-type "${types[$type]}" \
			--scheme "${schemes[$type]}" --suri "$secrets/$type"
		say "inserted the $type key"
	done
	id="$(field id <"$spec" | head -n 1)"
	chmod 700 "$base/chains/$id/keystore"
	if [ ! -e "$base/chains/$id/network/secret_ed25519" ]; then
		node key generate-node-key --chain "$spec" --base-path "$base" 2>&1 | sed 's/^/network key of peer /'
	fi
}

[ $# -gt 0 ] || usage
command="$1"
shift
case "$command" in
	keys | spec | verify | insert) "$command" "$@" ;;
	*) usage ;;
esac
