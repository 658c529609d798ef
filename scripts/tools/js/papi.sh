#!/usr/bin/env bash
# polkadot-api: generates its types from the node, and uses them.
set -euo pipefail
# Node 20 hides its WebSocket; later versions show it.
export NODE_OPTIONS=--experimental-websocket
node -p '`polkadot-api ${JSON.parse(fs.readFileSync("node_modules/polkadot-api/package.json")).version}`'
rm -rf .papi
node_modules/.bin/papi add opg --wsUrl "$1"
node_modules/.bin/tsc --target es2022 --module nodenext --strict --skipLibCheck --allowJs --types node --outDir build papi.ts
exec node build/papi.js "$@"
