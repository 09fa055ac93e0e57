"""Filters of letters: plain text, no markup."""

from datetime import date

from django import template

from crm.shell.formats import day_text, phone_text

register = template.Library()


@register.filter
def letter_phone(value: str) -> str:
    return phone_text(value)


@register.filter
def letter_day(day: date) -> str:
    """`3 March 2026`: a letter is read on another day than it was written."""
    return day_text(day, year=True)
