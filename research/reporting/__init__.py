"""How a report is shown, for every form of it: its markup, its citations by clause, what its
conclusions rest on, its fixed words."""
