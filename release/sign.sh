#!/usr/bin/env bash
# Signs a built collection as ansible-galaxy verifies it: by a detached signature of its MANIFEST.json, which has the checksum
# of FILES.json, which has that of each file. It becomes NAME.asc beside the artifact.
#   SIGNING_KEY="$(cat secret.asc)" release/sign.sh ARTIFACT KEYS
# The secret key comes by the environment and never stands in arguments. KEYS has the public keys that users trust, and a
# signature that none of them has made is refused here, before anybody else refuses it.
set -euo pipefail
artifact=${1:?the built collection} keys=${2:?the file with the public keys}
refuse() { echo "$*" >&2; exit 1; }
[ -n "${SIGNING_KEY:-}" ] || refuse "SIGNING_KEY is empty: it takes a secret key for signatures, in ASCII armor and without a passphrase."
[ -s "$keys" ] || refuse "$keys has no public key: gpg --armor --export KEY > $keys, and commit it."

scratch=$(mktemp -d)
umask 077
mkdir "$scratch/secret" "$scratch/public"
trap 'gpgconf --homedir "$scratch/secret" --kill all; gpgconf --homedir "$scratch/public" --kill all; rm -rf "$scratch"' EXIT
secret() { gpg --homedir "$scratch/secret" --batch --quiet "$@"; }
public() { gpg --homedir "$scratch/public" --batch --quiet "$@"; }

tar -xzOf "$artifact" MANIFEST.json > "$scratch/MANIFEST.json"
secret --import <<< "$SIGNING_KEY"
secret --armor --detach-sign --output "$scratch/signature" "$scratch/MANIFEST.json"
public --import "$keys"
public --verify "$scratch/signature" "$scratch/MANIFEST.json" 2> "$scratch/words" ||
  refuse "The key in SIGNING_KEY is none of those in $keys: $(tail -1 "$scratch/words")"
install -m 0644 "$scratch/signature" "${artifact%.tar.gz}.asc"
