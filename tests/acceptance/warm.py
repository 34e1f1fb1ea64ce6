"""Imported once by the process that the commands are forked from: the certificates that every
command would read for itself."""

from browser import surfer
from browser.net import transport

surfer._tls()
transport._authorities()
