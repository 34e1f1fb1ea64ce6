"""Imported last by the process that the commands are forked from: what each would do for itself.

Certificates are read, and what was imported is left out of the garbage collector's rounds."""

import gc

from browser import surfer
from browser.net import transport

surfer._tls()
transport._authorities()
gc.collect()
gc.freeze()
