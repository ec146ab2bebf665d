#!/usr/bin/env python3
"""The checker of KV histories finds what breaks a promise, and nothing else."""
import math
import random
import unittest

from kv_history import Access, staleness, violations

BOUND = 35


def put(value, called, answered=math.inf, node="A"):
    return Access("put", value, called, answered, node)


def get(value, called, answered=None, node="A"):
    return Access("get", value, called, called + 0.1 if answered is None else answered, node)


def centre(value, called, answered=None):
    return get(value, called, answered, None)


class KvHistories(unittest.TestCase):
    def holds(self, *history):
        self.assertEqual(violations(list(history), BOUND), [])

    def breaks(self, words, *history):
        found = violations(list(history), BOUND)
        self.assertEqual(len(found), 1, found)
        self.assertIn(words, found[0])

    def test_a_copy_may_be_as_old_as_the_bound(self):
        writes = put(1, 0, 1), put(2, 10, 11)
        self.holds(*writes, get(1, 45.9, node="B"))
        self.breaks("35.5 s old", *writes, get(1, 46.5, node="B"))
        self.breaks("35.5 s old", put(1, 10, 11), get(None, 46.5, node="B"))

    def test_the_age_counts_from_when_the_newer_write_had_surely_happened(self):
        self.holds(put(1, 0, 1), put(2, 10, 30), get(1, 60, node="B"))
        # Somebody saw it before it was acknowledged.
        self.breaks("s old", put(1, 0, 1), put(2, 10, 30), get(2, 12, node="C"), get(1, 60, node="B"))
        # Nobody knows whether it happened: only who sees it does.
        self.holds(put(1, 0, 1), put(2, 10), get(1, 90, node="B"))
        self.breaks("s old", put(1, 0, 1), put(2, 10), centre(2, 20), get(1, 90, node="B"))

    def test_a_node_reads_what_it_wrote(self):
        self.holds(put(1, 0, 1), put(2, 2, 3), get(2, 4), get(1, 5, node="B"))
        self.breaks("older than the node's own 2", put(1, 0, 1), put(2, 2, 3), get(1, 4))
        self.breaks("older than the node's own 1", put(1, 0, 1), get(None, 2))
        # It was asked before the write was acknowledged.
        self.holds(put(1, 0, 1), put(2, 2, 5), get(1, 4))
        # Somebody else's newer one is no older one.
        self.holds(put(1, 0, 1), put(2, 2, 3, node="B"), get(2, 4))

    def test_of_writes_at_the_same_time_the_centre_tells_the_order(self):
        both = put(1, 0, 10), put(2, 0, 10)
        self.holds(*both, get(1, 12), get(2, 13, node="B"))
        self.holds(*both, get(1, 12), centre(1, 14))
        self.breaks("older than the node's own 2", *both, get(1, 12), centre(2, 14))

    def test_what_was_never_written_is_found(self):
        self.breaks("never written", put(1, 0, 1), get(7, 2, node="B"))
        self.breaks("answered before", put(1, 5, 6), get(1, 2, 3, node="B"))

    def test_the_centre_loses_nothing_and_does_not_go_back(self):
        self.breaks("no register", put(1, 0, 1, "B"), put(2, 2, 3, "B"), centre(1, 4))
        self.breaks("no register", put(1, 0, 10, "B"), centre(1, 1), centre(None, 3))
        self.holds(put(1, 0, 1), put(2, 2), centre(1, 4), centre(2, 6))
        self.holds(put(1, 0, 1), put(2, 2), centre(1, 4))

    def test_staleness_is_what_it_was(self):
        history = [put(1, 0, 1), put(2, 10, 11), get(1, 21, node="B"), get(2, 22, node="B")]
        self.assertEqual([old for _, old in staleness(history)], [10, 0])

    def test_random_histories_of_true_copies_hold_and_their_corruptions_do_not(self):
        for seed in range(40):
            history, now, state = self.simulate(random.Random(seed))
            self.assertEqual(violations(history, 10.5), [], seed)
            old = next(one for one in history if one.kind == "put" and one.value != state)
            self.assertNotEqual(violations(history + [get(old.value, now + 40, node="C")], 10.5), [], seed)
            self.assertNotEqual(violations(history + [centre(old.value, now + 40)], 10.5), [], seed)
            mine = next(one for one in history if one.kind == "put" and one.answered < now)
            self.assertNotEqual(violations(history + [get(None, mine.answered + 0.01, mine.answered + 0.02, mine.node)], 99),
                                [], seed)

    def simulate(self, rng):
        """A centre and three nodes whose copies live for 10 s; each access takes effect somewhere within its time."""
        history, now, state, copies = [], 0.0, None, {}
        for number in range(120):
            now += rng.uniform(0.2, 1.0)
            node, start, end = rng.choice("ABC"), now - rng.uniform(0, 0.1), now + rng.uniform(0, 0.1)
            what = rng.random()
            if what < 0.3:
                state = number
                copies[node] = (state, end)
                history.append(put(state, start, end, node))
            elif what < 0.5:
                history.append(centre(state, start, end))
            else:
                value, since = copies.get(node, (None, -math.inf))
                if start - since > 10:
                    value = state
                    copies[node] = (state, end)
                history.append(get(value, start, end, node))
        history.append(centre(state, now + 1, now + 2))
        return history, now + 2, state


if __name__ == "__main__":
    unittest.main()
