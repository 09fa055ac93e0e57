"""`manage.py verify_stock`: prove the books of every company."""

import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import translation

from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from inventory.models import StockItem
from inventory.selectors.books import Books, Fault, check_books
from inventory.selectors.proof import prove_item

_WORDS = {
    "on_hand_differs": "on hand is {has}, its movements add up to {wants}",
    "reserved_differs": "reserved is {has}, its movements add up to {wants}",
    "held_differs": "reserved is {has}, its live reservations add up to {wants}",
    "out_of_bounds": "reserved {has} of {wants} on hand",
    "demand_held_differs": "№{number} holds {has}, its movements say {wants}",
    "demand_shipped_differs": "№{number} shipped {has}, its movements say {wants}",
    "other_variant": "№{number} holds variant {has} on an item of variant {wants}",
}


class Command(BaseCommand):
    help = "Check that stock, reservations and movements agree; exit code 1 where they do not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--company", help="slug of one company; all without it")
        parser.add_argument("--item", type=int, help="show the proof of one stock item, by its id")

    def handle(self, *args: Any, **options: Any) -> None:
        tenants = Tenant.objects.order_by("id")
        if options["company"]:
            tenants = tenants.filter(slug=options["company"])
            if not tenants:
                raise CommandError(f"There is no company {options['company']}.")
        if options["item"] and not options["company"]:
            raise CommandError("--item needs --company: ids are unique inside a company.")
        broken = 0
        for tenant in tenants:
            begun = time.monotonic()
            with tenant_scope(tenant.pk), transaction.atomic():
                if options["item"]:
                    broken += self._prove(options["item"])
                    continue
                books = check_books()
            self._tell(tenant.slug, books, time.monotonic() - begun)
            broken += len(books.faults)
        if broken:
            sys.exit(1)

    def _tell(self, slug: str, books: Books, seconds: float) -> None:
        verdict = "ok" if books.balance else f"{len(books.faults)} FAULTS"
        self.stdout.write(
            f"{slug}: {verdict}: {books.items} items, {books.on_hand} on hand,"
            f" {books.reserved} reserved, {books.movements} movements, {seconds:.2f} s"
        )
        for fault in books.faults:
            self.stdout.write(
                f"  item {fault.item_id} {fault.sku} @ {fault.warehouse}: {_say(fault)}"
            )
        for sku, waiting, free in books.idle:
            self.stdout.write(f"  note {sku}: {waiting} wait while {free} lie free")

    def _prove(self, item_id: int) -> int:
        item = StockItem.objects.filter(pk=item_id).first()
        if item is None:
            raise CommandError(f"There is no stock item {item_id} in this company.")
        proof = prove_item(item, holders=20)
        with translation.override("en"):
            sentence = proof.sentence
        self.stdout.write(f"{sentence}: {'ok' if proof.balances else proof.problems}")
        return len(proof.problems)


def _say(fault: Fault) -> str:
    return _WORDS[fault.code].format(has=fault.has, wants=fault.wants, number=fault.demand_number)
