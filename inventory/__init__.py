"""Goods and the stock that proves itself."""
