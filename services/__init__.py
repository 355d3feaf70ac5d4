"""The use cases, one file each; pages and commands call these and nothing below."""
