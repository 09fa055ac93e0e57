"""Benchmarks: a command each, printing ratios against floors measured in the same run."""
