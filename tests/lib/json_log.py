"""Evaluates a Python expression over a JSON-lines file, once or until it is true.

    json_log.py [--wait SECONDS] FILE EXPRESSION

Names in the expression: `events`, a list of objects; `count(kind, **fields)`, how many events are
of that kind and carry those fields; `last(kind)`, the newest one or None; `values(kind, field)`.
With --wait: exit 0 as soon as the value is true, exit 1 at the deadline. Without: prints the value.
A last line that is still being written is left for the next look.
"""

import argparse
import json
import sys
import time


class Log:
    def __init__(self, path):
        self.path = path
        self.offset = 0
        self.events = []

    def read(self):
        try:
            with open(self.path, "rb") as file:
                if file.seek(0, 2) < self.offset:  # written anew
                    self.offset = 0
                    self.events.clear()
                file.seek(self.offset)
                data = file.read()
        except FileNotFoundError:
            return
        whole = data.rfind(b"\n") + 1
        self.offset += whole
        for line in data[:whole].splitlines():
            if line.strip():
                self.events.append(json.loads(line))

    def of(self, kind, **fields):
        return [
            event
            for event in self.events
            if event.get("kind") == kind
            and all(event.get(name) == value for name, value in fields.items())
        ]

    def evaluate(self, code):
        names = {
            "events": self.events,
            "count": lambda kind, **fields: len(self.of(kind, **fields)),
            "last": lambda kind: (self.of(kind) or [None])[-1],
            "values": lambda kind, field: [e[field] for e in self.of(kind) if field in e],
        }
        return eval(code, names)  # the expression is the test's own


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wait", type=float, metavar="SECONDS")
    parser.add_argument("file")
    parser.add_argument("expression")
    arguments = parser.parse_args()
    log = Log(arguments.file)
    code = compile(arguments.expression, "expression", "eval")
    if arguments.wait is None:
        log.read()
        print(log.evaluate(code))
        return 0
    deadline = time.monotonic() + arguments.wait
    while True:
        log.read()
        if log.evaluate(code):
            return 0
        if time.monotonic() >= deadline:
            print(f"{arguments.file}: never true: {arguments.expression}", file=sys.stderr)
            for event in log.events[-5:]:
                print(f"  {event}", file=sys.stderr)
            return 1
        time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main())
