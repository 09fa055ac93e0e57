# Sourced: sets $python to a Python that is new enough, or ends with a clear word.
python=
seen=
for name in "${KRAM_PYTHON:-}" "$root/.venv/bin/python" python3 python3.14 python3.13 python3.12 python3.11 python; do
    [ -n "$name" ] && command -v "$name" >/dev/null 2>&1 || continue
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        python=$name
        break
    fi
    seen="$seen $name ($("$name" -V 2>&1 | head -n 1))"
done
if [ -z "$python" ]; then
    echo "error: Python 3.11 or newer is needed.${seen:+ Found only:$seen.}" >&2
    echo "       Install one, or name it: KRAM_PYTHON=/path/to/python $0" >&2
    exit 1
fi
