"""Steady requests to each node of a network, with what came of them by node and version."""
import collections
import http.client
import threading
import time


class Traffic:
    """`with Traffic({"FRA": ("127.1.0.1", 8080, 100)}, host) as traffic:` asks FRA 100 times a second."""

    def __init__(self, nodes, host):
        self.lock, self.ended = threading.Lock(), threading.Event()
        self.counts = collections.Counter()  # (node, version, status)
        self.waits = []  # (moment, seconds) of each answer, from when it was due to be asked for
        self.first_bad = self.last_bad = None  # moments, of answers that were no 200
        self.threads = []
        for node, (*address, per_s) in nodes.items():
            connections = max(2, per_s // 20)  # an answer may take 50 ms before it slows the asking
            self.threads += [threading.Thread(target=self.ask, args=(node, *address, per_s / connections, host),
                                              daemon=True) for _ in range(connections)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join(timeout=20)

    def ask(self, node, address, port, per_s, host):
        connection, due = None, time.monotonic()
        while not self.ended.is_set():
            due += 1 / per_s
            self.ended.wait(max(0, due - time.monotonic()))
            due = max(due, time.monotonic() - 1)  # after a stall there is no burst
            try:
                connection = connection or http.client.HTTPConnection(address, port, timeout=20)
                connection.request("GET", "/", headers={"host": host})
                response = connection.getresponse()
                response.read()
                self.count(node, response.getheader("x-terrella-version", ""), response.status, due)
            except (OSError, http.client.HTTPException):
                connection.close()
                connection = None
                self.count(node, "", 0)
        if connection:
            connection.close()

    def count(self, node, version, status, due=None):
        now = time.monotonic()
        with self.lock:
            self.counts[(node, version, status)] += 1
            if due is not None:
                self.waits.append((now, now - due))
            if status != 200:
                self.first_bad = self.first_bad or now
                self.last_bad = now

    def p99_ms(self, *spans):
        """Of the answers that came in spans of time (pairs of monotonic moments)."""
        with self.lock:
            waits = sorted(s for at, s in self.waits if any(begin <= at < end for begin, end in spans))
        return 1000 * waits[len(waits) * 99 // 100]

    def sum(self, node=None, version=None, bad=None):
        """Answers of a node, of a version whose id begins so, good or bad ones; without a word, all."""
        with self.lock:
            return sum(n for (where, which, status), n in self.counts.items()
                       if node in (None, where) and (version is None or (which and version.startswith(which)))
                       and bad in (None, status != 200))
