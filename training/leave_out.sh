#!/usr/bin/env bash
# Tune once for every set that is held apart, side by side on one machine: leave_out.sh ENCODER OUT STEPS SET…
set -u
encoder=$1 out=$2 steps=$3
shift 3
export PYTHONUNBUFFERED=1 OMP_NUM_THREADS=2 TOKENIZERS_PARALLELISM=false
for set in "$@"; do
  hold=()
  [ "$set" = final ] || hold=(--hold "$set")
  python3 training/tune.py --encoder "$encoder" --out "$out" --steps "$steps" ${EXTRA:-} "${hold[@]}" >"$out/$set.log" 2>&1 &
done
wait
tail -n 3 "$out"/*.log
