#!/bin/sh
# Makes the virtual environment .cache/envs/NAME from requirements/NAME.txt, with tokenboard itself in it.
# Usage: scripts/env.sh NAME   (run from the project's root; .venv holds uv)
set -eu
name=$1
env=.cache/envs/$name
uv=.venv/bin/uv
# uv does not read pip's settings: an index that the machine's pip is set up for must serve here too.
if [ -z "${UV_DEFAULT_INDEX:-}" ]; then
  index=$(.venv/bin/python -m pip config get global.index-url 2>/dev/null || true)
  index=${PIP_INDEX_URL:-$index}
  if [ -n "$index" ]; then export UV_DEFAULT_INDEX="$index"; fi
fi
export UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT:-180}"
"$uv" venv --quiet --clear --no-project --python .venv/bin/python "$env"
"$uv" pip sync --quiet --python "$env/bin/python" --require-hashes "requirements/$name.txt"
"$uv" pip install --quiet --python "$env/bin/python" --no-deps --no-build-isolation --editable .
touch "$env/.ready"
