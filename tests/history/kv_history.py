"""What Workers KV promises, checked over a recorded history of one key.

Three promises are checked. At the centre the key is a register (register.py). A node answers with a value that was
the centre's at most `bound` seconds before it was asked: how old a copy may be, and how long a refresh may take. And a
node that has acknowledged a write never answers with an older value.

Which of two writes is the older one is known where one had happened before the other was asked for, or where the
centre was seen to hold the other one afterwards; all else may be in either order. So what is reported is wrong in
every order that is possible. Values are written once, and nothing is deleted.
"""
import dataclasses
import math

from register import Operation, is_linearizable


@dataclasses.dataclass(frozen=True)
class Access:
    kind: str             # "put" or "get"
    value: object = None  # None: there was none
    called: float = 0.0
    answered: float = math.inf  # inf: no answer; of a put: nobody knows
    node: str | None = None     # None: at the centre


class Order:
    """What is known of the order of a key's writes."""

    def __init__(self, history):
        self.began, self.done, self.seen = {None: -math.inf}, {None: -math.inf}, {}
        for one in history:
            if one.kind == "put":
                if one.value in self.began:
                    raise ValueError(f"{one.value!r} was written twice")
                self.began[one.value], self.done[one.value] = one.called, one.answered
        for one in history:
            if one.kind != "get" or one.value not in self.began:
                continue
            # Who was answered with it shows that it had happened.
            self.done[one.value] = min(self.done[one.value], one.answered)
            if one.node is None:
                self.seen[one.value] = max(self.seen.get(one.value, -math.inf), one.called)

    def is_before(self, old, new):
        """Whether `new` certainly took the place of `old`, or of what took its place."""
        return old != new and (self.done[old] < self.began[new] or self.done[old] < self.seen.get(new, -math.inf))

    def ended(self, value):
        """When it certainly was the centre's no more."""
        return min((done for other, done in self.done.items() if self.is_before(value, other)), default=math.inf)


def staleness(history):
    """For each answer of a node how long, at least, its value was not the centre's any more when it was asked."""
    order = Order(history)
    ended = {value: order.ended(value) for value in order.began}
    return [(one, max(0.0, one.called - ended[one.value])) for one in history
            if one.kind == "get" and one.node is not None and one.value in ended]


def violations(history, bound):
    """Texts; none when all promises were kept."""
    order = Order(history)
    found = [f"never written: {one}" for one in history if one.kind == "get" and one.value not in order.began]
    found += [f"answered before it was written: {one}" for one in history
              if one.kind == "get" and one.answered < order.began.get(one.value, -math.inf)]
    found += [f"{old:.1f} s old: {one}" for one, old in staleness(history) if old > bound]
    for one in history:
        if one.kind != "get" or one.node is None or one.value not in order.began:
            continue
        found += [f"older than the node's own {mine.value!r}: {one}" for mine in history
                  if mine.kind == "put" and mine.node == one.node and mine.answered < one.called
                  and order.is_before(one.value, mine.value)]
    if not is_linearizable(at_the_centre(history)):
        found.append("the centre is no register")
    return found


def at_the_centre(history):
    """The key as a register: all writes, and the reads of the centre."""
    seen = {one.value for one in history if one.kind == "get"}
    operations = []
    for one in history:
        if one.kind == "get" and one.node is None:
            operations.append(Operation("read", one.value, None, one.called, one.answered))
        elif one.kind == "put" and (one.answered < math.inf or one.value in seen):
            # One that nobody saw and nobody answered changes nothing, whether it happened or not.
            operations.append(Operation("write", one.value, None, one.called, one.answered))
    return operations
