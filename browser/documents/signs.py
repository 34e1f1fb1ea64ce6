"""Signs that stand in a text for what has no words. Each is the same in every format."""

FORMULA = "[formula]"  # one that has no readable form
TICKED, OPEN = "☒", "☐"  # boxes of forms
