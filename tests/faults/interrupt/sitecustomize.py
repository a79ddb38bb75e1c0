"""An interruption of a program from within: SIGINT at its call of a function whose number INTERRUPT_AT says."""

import os
import signal

from tests.counting import signal_at

signal_at(int(os.environ.pop("INTERRUPT_AT")), signal.SIGINT)
