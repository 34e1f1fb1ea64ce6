"""The formats of data sets, every line checked, and a closed corpus as a library."""
