"""What must hold of a database that was put back: proofs that apps register, and our own."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.db import connections, transaction

from crm.ops.backup.catalogue import list_sequences, list_tables, owner_session
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was proved, of whom, and in words what was found."""

    name: str
    good: bool
    text: str


# Of one company, in its scope: (good, what was found).
CompanyProof = Callable[[], tuple[bool, str]]
_proofs: dict[str, CompanyProof] = {}


def register_proof(name: str, proof: CompanyProof) -> None:
    """Have a proof made for every company after a restore."""
    _proofs[name] = proof


def prove_everything() -> list[Verdict]:
    """Prove the walls, the sequences, and every company's books."""
    verdicts = [_prove_walls(), _prove_sequences()]
    for tenant in Tenant.objects.order_by("id"):
        with tenant_scope(tenant.pk):
            verdicts += [
                replace(verdict, name=f"{verdict.name} of {tenant.slug}")
                for verdict in prove_company()
            ]
    return verdicts


def prove_company() -> list[Verdict]:
    """Prove the books of the company in scope."""
    verdicts = []
    for name, proof in _proofs.items():
        with transaction.atomic():
            good, text = proof()
        verdicts.append(Verdict(name, good, text))
    return verdicts


def _prove_walls() -> Verdict:
    """Naming no company, the application's login must see nobody's rows."""
    with owner_session() as session:
        names = [table.name for table in list_tables(session) if "tenant_id" in table.columns]
    seen = []
    with transaction.atomic(), connections["default"].cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        bypasses = cursor.fetchone()[0]
        for name in names:
            cursor.execute(f'SELECT EXISTS (SELECT FROM "{name}")')  # noqa: S608 - the catalogue's names
            if cursor.fetchone()[0]:
                seen.append(name)
    if bypasses:
        return Verdict("walls", False, "the application's login bypasses row-level security")
    if seen:
        return Verdict("walls", False, f"rows are seen without a company: {', '.join(seen)}")
    return Verdict("walls", True, f"{len(names)} tables show nothing without a company")


def _prove_sequences() -> Verdict:
    """The next id must be a new one."""
    behind = []
    with owner_session() as session:
        owned = session.execute(
            """
            SELECT s.relname, t.relname, a.attname FROM pg_depend d
            JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
            JOIN pg_class t ON t.oid = d.refobjid
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
            WHERE d.deptype IN ('a', 'i') AND s.relnamespace = 'public'::regnamespace
            """
        ).fetchall()
        sequences = list_sequences(session)
        for sequence, table, column in owned:
            row = session.execute(f'SELECT max("{column}") FROM "{table}"').fetchone()  # noqa: S608
            highest = (row and row[0]) or 0
            last, called = sequences[sequence]
            if highest > last or (highest == last and not called):
                behind.append(f"{table} ({last}, and {highest} is taken)")
    if behind:
        return Verdict("sequences", False, f"would give out taken ids: {', '.join(behind)}")
    return Verdict("sequences", True, f"{len(owned)} give out new ids only")
