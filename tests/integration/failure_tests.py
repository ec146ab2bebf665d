#!/usr/bin/env python3
"""Runs the failure tests of docs/failure-tests.md, each once a seed, and says what held.

Usage: failure_tests.py [--seeds N] [--first SEED] [--rows 1,2,10] [--logs FOLDER] [--before COMMAND]

A seed says what a test leaves to chance (which node, which moment) and puts a short pause of its own before each command
(network.py), so that runs meet each other's work at other moments. A seed that failed is run again by `--first SEED
--rows ROW`. COMMAND, if any, runs each test: `nice -n 10`, for instance. Exit code 1 when something failed.
"""
import argparse
import collections
import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
BIN = Path(os.environ.get("TERRELLA_BIN", HERE.parents[1] / "build" / "bin"))
ROLLOUTS = "Rollouts.test_"

# (row of the table, program or script, its words)
TESTS = (
    (1, "control_plane_crash_test", ()),
    (2, "outage_test.py", ("Outage.test_2_nothing_fails_while_it_is_down_and_a_node_restarts_from_its_disk",)),
    (3, "outage_test.py", ("Outage.test_3_a_node_that_was_away_gets_one_push_and_no_clients_before_it",)),
    (4, "node_trouble_test.py", ("Poison",)),
    (4, "edge_node_deploy_test", ()),
    (5, "rollouts_test.py", tuple(ROLLOUTS + name for name in (
        "errors_of_a_canary_are_rolled_back_and_nobody_else_meets_them", "thrice_the_p99_is_rolled_back",
        "cpu_kills_are_rolled_back"))),
    (6, "rollouts_test.py", (ROLLOUTS + "without_traffic_it_holds_and_goes_on_when_traffic_comes",)),
    (7, "store_replicas_test.py", ("-k", "test_07")),
    (8, "store_replicas_test.py", ("--deploys", "100", "-k", "test_08")),
    (9, "store_replicas_test.py", ("-k", "test_09")),
    (10, "node_trouble_test.py", ("Still",)),
    (10, "node_stopped_test.py", ()),
    (11, "outage_test.py", ("Outage.test_11_all_nodes_come_back_at_once_and_get_nothing_twice",)),
    (12, "store_history_test.py", ()),
    (13, "node_trouble_test.py", ("Disk",)),
    (14, "identity_test.py", ()),
    (14, "access_test.py", ()),
    (15, "secrets_test.py", ()),
    (15, "secret_keys_test.py", ()),
    (15, "versions_test.py", ("-k", "a_secret_reaches_both")),
    (16, "wrangler_user_test.py", ()),
    (16, "control_cron_test", ()),
    (17, "store_backup_test.py", ()),
    (18, "kv_consistency_test.py", ()),
    (20, "shards_test.py", ()),
    (20, "edge_node_shards_test", ()),
    (21, "node_faults_test.py", ()),
)


def command(program, words):
    if program.endswith(".py"):
        return ["/usr/bin/python3", str(HERE / program), *words]
    return [str(BIN / program), "--gtest_shuffle", *words]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--rows", default="", help="numbers; all when none is given")
    parser.add_argument("--logs", default=None)
    parser.add_argument("--before", default="")
    arguments = parser.parse_args()
    rows = {int(row) for row in arguments.rows.split(",") if row} or {row for row, _, _ in TESTS}
    logs = Path(arguments.logs or tempfile.mkdtemp(prefix="failure-tests-"))
    logs.mkdir(parents=True, exist_ok=True)
    held, failed, seconds = collections.Counter(), collections.defaultdict(list), collections.Counter()
    # Round by round: whoever stops early has as many seeds of each test.
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        for row, program, words in TESTS:
            if row not in rows:
                continue
            name, began = f"{row} {program.removesuffix('.py')}", time.monotonic()
            log = logs / f"{name.replace(' ', '-')}.{seed}.log"
            with open(log, "wb") as out:
                done = subprocess.run([*shlex.split(arguments.before), *command(program, words)], stdout=out, stderr=out,
                                      env={**os.environ, "TERRELLA_TEST_SEED": str(seed), "GTEST_RANDOM_SEED": str(seed)})
            took = time.monotonic() - began
            seconds[name] += took
            if done.returncode == 0:
                held[name] += 1
            else:
                failed[name].append(seed)
            print(f"{time.strftime('%T')} seed {seed}, test {name}: "
                  f"{'held' if done.returncode == 0 else f'FAILED, {log}'} ({took:.0f} s)", flush=True)
    for name in seconds:
        print(f"test {name}: {held[name]} held, {len(failed[name])} failed {failed[name] or ''} ({seconds[name]:.0f} s)")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
