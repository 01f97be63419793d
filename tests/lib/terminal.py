#!/usr/bin/env python3
"""Runs a command in a terminal of its own, as the foreground of it.

    terminal.py OUTPUT COMMAND...

What the command writes goes to the file OUTPUT. SIGUSR1 types Ctrl-C. Ends with the exit code of
the command, 128 + N if signal N killed it. If this program is told to end (SIGTERM), the terminal
hangs up.
"""

import os
import pty
import signal
import sys


def main():
    output = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    pid, terminal = pty.fork()
    if pid == 0:
        # A script's background job ignores these, and its children would too.
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        os.execvp(sys.argv[2], sys.argv[2:])
    signal.signal(signal.SIGUSR1, lambda *_: os.write(terminal, b"\x03"))
    signal.signal(signal.SIGTERM, lambda *_: os.close(terminal))
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # everybody who had the terminal has ended, or it was closed
            break
        os.write(output, data)
    status = os.waitpid(pid, 0)[1]
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
