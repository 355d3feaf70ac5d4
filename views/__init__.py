"""One file, one page or API resource: parse, call one service, render."""
