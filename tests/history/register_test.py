#!/usr/bin/env python3
"""The checker of histories finds what is wrong, and only that."""
import math
import random
import unittest

from register import Operation, is_linearizable


def read(value, called, answered):
    return Operation("read", value, None, called, answered)


def write(value, called, answered=math.inf):
    return Operation("write", value, None, called, answered)


def cas(expected, value, called, answered=math.inf, ok=True):
    return Operation("cas", value, expected, called, answered, ok)


class Histories(unittest.TestCase):
    def test_one_after_the_other(self):
        self.assertTrue(is_linearizable([write(1, 0, 1), read(1, 2, 3), write(2, 4, 5), read(2, 6, 7)]))
        self.assertFalse(is_linearizable([write(1, 0, 1), read(None, 2, 3)]))

    def test_at_the_same_time_any_order_will_do(self):
        self.assertTrue(is_linearizable([write(1, 0, 10), write(2, 0, 10), read(1, 11, 12)]))
        self.assertTrue(is_linearizable([write(1, 0, 10), read(None, 1, 2), read(1, 3, 4)]))

    def test_a_read_does_not_go_back(self):
        self.assertFalse(is_linearizable([write(1, 0, 10), read(1, 1, 2), read(None, 3, 4)]))

    def test_a_lost_acknowledged_write_is_found(self):
        self.assertFalse(is_linearizable([write(1, 0, 1), write(2, 2, 3), read(1, 4, 5)]))

    def test_what_had_no_answer_may_happen_late_or_never(self):
        self.assertTrue(is_linearizable([write(1, 0, 1), write(2, 2), read(1, 3, 4), read(2, 5, 6)]))
        self.assertTrue(is_linearizable([write(1, 0, 1), write(2, 2), read(1, 3, 4)]))
        self.assertFalse(is_linearizable([write(1, 0, 1), write(2, 2), read(2, 3, 4), read(1, 5, 6)]))

    def test_of_two_that_expect_the_same_one_wins(self):
        self.assertFalse(is_linearizable([cas(None, 1, 0, 5), cas(None, 2, 0, 5)]))
        self.assertTrue(is_linearizable([cas(None, 1, 0, 5), cas(None, 2, 0, 5, ok=False)]))
        self.assertTrue(is_linearizable([cas(None, 1, 0, 5), cas(1, 2, 0, 5)]))

    def test_random_histories_of_a_true_register_hold_and_their_corruptions_do_not(self):
        for seed in range(30):
            rng = random.Random(seed)
            history, state, now = [], None, 0.0
            for n in range(60):
                now += 1
                value = n + 1
                start, end = now - rng.uniform(0, 2), now + rng.uniform(0, 2)
                if rng.random() < 0.5:
                    state = value
                    history.append(write(value, start, end))
                else:
                    history.append(read(state, start, end))
            history.append(read(state, now + 10, now + 11))
            self.assertTrue(is_linearizable(history), seed)
            self.assertFalse(is_linearizable(history + [read(-1, now + 12, now + 13)]), seed)
            self.assertFalse(is_linearizable(history + [write(99, now + 12, now + 13),
                                                        read(state, now + 14, now + 15)]), seed)


if __name__ == "__main__":
    unittest.main()
