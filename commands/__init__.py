"""The commands of ``python app.py``, one file a group; part of the composition root (floor 8)."""
