"""The few words of its own that code writes into a report of the sources' words, in the languages
of the interface (`words.toml`)."""

from pathlib import Path

from research.reporting.words import words_in

WORDS = words_in(Path(__file__).with_suffix(".toml"))
