#!/usr/bin/env bash
# dedot: generates its types from the node, and uses them.
set -euo pipefail
node -p '`dedot ${JSON.parse(fs.readFileSync("node_modules/dedot/package.json")).version}`'
rm -rf chaintypes
node_modules/.bin/dedot chaintypes --wsUrl "$1" --chain opg --output chaintypes
node_modules/.bin/tsc --target es2022 --module nodenext --strict --skipLibCheck --allowJs --types node --outDir build dedot.ts
exec node build/dedot.js "$@"
