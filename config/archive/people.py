"""Members of an archive: they come in switched off, and nobody's access changes.

A person who is a member here already is one row afterwards, under the archive's id: their
orders and their history stay theirs. Everybody else comes in as somebody who was a member once.
"""

import json
from collections.abc import Iterable
from typing import Any

from django.db import connection, models

from config.archive.errors import ArchiveRefused
from config.archive.tables import MEMBERS, carried_table
from crm.accounts.models import CompanyRole, Membership, User
from crm.accounts.roles import GRANTABLE
from crm.tenancy.fields import TenantForeignKey
from crm.tenancy.models import TenantModel

_MAX_MEMBERS = 100_000


def bring_members(batches: Iterable[str], *, tenant_id: int) -> list[int]:
    """Store the archive's members and return their ids. Needs the company's scope and its lock."""
    rows = [row for batch in batches for row in _read(batch)]
    if len(rows) > _MAX_MEMBERS:
        raise ArchiveRefused("damaged", what=MEMBERS)
    users = _find_users({row["email"] for row in rows})
    here = {member.user_id: member.pk for member in Membership.objects.only("user_id")}
    wanted = {
        here[users[row["email"]]]: row["id"]
        for row in rows
        if users.get(row["email"]) in here  # a member of both companies
    }
    _give_ids(list(here.values()), wanted, taken={row["id"] for row in rows}, tenant_id=tenant_id)
    kept = set(wanted.values())
    table = carried_table(MEMBERS)
    assert table is not None
    own = [column for column in table.own_columns if column in rows[0]] if rows else []
    same = [column for column in own if column not in table.set_here and column != "id"]
    _update(tenant_id, same, [row for row in rows if row["id"] in kept])
    new = [row for row in rows if row["id"] not in kept]
    strangers = _make_strangers([r for r in new if r["email"] not in users], tenant_id=tenant_id)
    for row in new:
        row["user_id"] = users.get(row["email"]) or strangers[row["id"]]
        row["is_active"] = False
    _insert(tenant_id, [*own, "user_id"], new)
    _check_rights()
    return [row["id"] for row in rows]


def _read(batch: str) -> list[dict[str, Any]]:
    try:
        rows = json.loads(batch)
        for row in rows:
            row["id"] = int(row["id"])
            row["email"] = str(row["email"]).strip().lower()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ArchiveRefused("damaged", what=MEMBERS) from error
    return rows


def _find_users(emails: set[str]) -> dict[str, int]:
    return dict(User.objects.filter(email__in=emails).values_list("email", "pk"))


def _make_strangers(rows: list[dict[str, Any]], *, tenant_id: int) -> dict[int, int]:
    """Make users who can't sign in, for people who have no account here.

    Under an address that is nobody's: the person may sign up with their own, and the archive
    takes no stranger's e-mail. The old one can be read off it.
    """
    made = [
        User(
            email=f"{row['email'].replace('@', '=')[:64]}@{row['id']}.{tenant_id}.invalid",
            full_name=str(row.get("display_name", ""))[:120],
            is_active=False,
        )
        for row in rows
    ]
    for user in made:
        user.set_unusable_password()
    User.objects.bulk_create(made)
    return {row["id"]: user.pk for row, user in zip(rows, made, strict=True)}


def _give_ids(here: list[int], wanted: dict[int, int], *, taken: set[int], tenant_id: int) -> None:
    """Give the members of before their ids of the archive, and ids of nobody to the others."""
    between = {}
    for pk in here:
        if wanted.get(pk, pk) != pk or (pk in taken and pk not in wanted):
            between[pk] = _draw_free(taken | set(here))
            _move_member(pk, between[pk], tenant_id=tenant_id)
    for pk, target in wanted.items():
        if pk in between:
            _move_member(between[pk], target, tenant_id=tenant_id)


def _draw_free(taken: set[int]) -> int:
    while True:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT nextval('{MEMBERS}_id_seq')")
            pk = cursor.fetchone()[0]
        if pk not in taken:
            return pk


def _move_member(old: int, new: int, *, tenant_id: int) -> None:
    """Give a member another id, with all that refers to them: one statement, checked at its end."""
    parts = [
        f'r{number} AS (UPDATE "{model._meta.db_table}" SET "{field.column}" = %(new)s'  # noqa: S608
        f' WHERE tenant_id = %(t)s AND "{field.column}" = %(old)s)'
        for number, (model, field) in enumerate(_references())
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {', '.join(parts)} UPDATE {MEMBERS} SET id = %(new)s"  # noqa: S608
            " WHERE tenant_id = %(t)s AND id = %(old)s",
            {"t": tenant_id, "old": old, "new": new},
        )


def _references() -> list[tuple[type[models.Model], TenantForeignKey]]:
    """Every column that refers to a member."""
    return [
        (model, field)
        for model in _tenant_models()
        for field in model._meta.concrete_fields
        if isinstance(field, TenantForeignKey) and field.related_model is Membership
    ]


def _tenant_models() -> list[type[TenantModel]]:
    return [model for model in Membership._meta.apps.get_models() if issubclass(model, TenantModel)]


def _insert(tenant_id: int, columns: list[str], rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {MEMBERS} (tenant_id, {names}) SELECT %s, {names}"  # noqa: S608
            f" FROM json_populate_recordset(NULL::{MEMBERS}, %s::json)",
            [tenant_id, json.dumps(rows)],
        )


def _update(tenant_id: int, columns: list[str], rows: list[dict[str, Any]]) -> None:
    if not rows or not columns:
        return
    sets = ", ".join(f'"{column}" = r."{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {MEMBERS} m SET {sets}"  # noqa: S608 - names of our models
            f" FROM json_populate_recordset(NULL::{MEMBERS}, %s::json) r"
            " WHERE m.tenant_id = %s AND m.id = r.id",
            [json.dumps(rows), tenant_id],
        )


def _check_rights() -> None:
    """No role and no member may come to hold what can't be given."""
    held = [
        *CompanyRole.objects.values_list("permissions", flat=True),
        *Membership.objects.exclude(granted=None).values_list("granted", flat=True),
    ]
    foreign = {right for rights in held for right in rights or ()} - set(GRANTABLE)
    if foreign:
        raise ArchiveRefused("foreign_rights", what=", ".join(sorted(foreign))[:200])
