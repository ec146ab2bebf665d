"""Linearizability of one register, from a recorded history of reads, writes and compare-and-sets.

A history is a list of operations with the times of their call and of their answer. It is linearizable when each
operation can be given one moment between the two, so that done one after the other at those moments they answer as
they did. An operation without an answer (the client gave up, the server died) may have happened at any later moment,
or never. The search is Wing and Gong's, with what was tried remembered (Lowe 2017): the number of operations at the
same time is small here.
"""
import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class Operation:
    kind: str              # "read", "write" or "cas"
    value: object = None   # read, or to be written
    expected: object = None  # of a cas
    called: float = 0.0
    answered: float = math.inf  # inf: no answer
    ok: bool = True        # False: a cas that was refused, since the register had something else


def apply(operation, state):
    """The state after it; None when it could not have answered so in this state."""
    if operation.kind == "read":
        return (state,) if operation.answered == math.inf or state == operation.value else None
    if operation.kind == "write":
        return (operation.value,)
    if operation.ok:
        return (operation.value,) if state == operation.expected else None
    return (state,) if state != operation.expected else None


def is_linearizable(history, initial=None):
    operations = sorted(history, key=lambda o: o.called)
    answered = [i for i, o in enumerate(operations) if o.answered < math.inf]
    needed = frozenset(answered)
    tried = set()
    stack = [(frozenset(), initial)]
    while stack:
        done, state = stack.pop()
        if needed <= done:
            return True
        if (done, state) in tried:
            continue
        tried.add((done, state))
        # Whatever comes next was called before every operation that is left had answered.
        horizon = min((operations[i].answered for i in answered if i not in done), default=math.inf)
        for i, operation in enumerate(operations):
            if operation.called > horizon:
                break
            if i in done:
                continue
            after = apply(operation, state)
            if after is not None:
                stack.append((done | {i}, after[0]))
    return False
