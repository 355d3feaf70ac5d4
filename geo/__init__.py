"""Geometry on frames and arrays: knows no layer, rule, store or page."""
