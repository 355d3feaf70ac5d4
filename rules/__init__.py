"""One file, one rule of the plan, judged in three-valued logic by ``rules/_run.py``."""
