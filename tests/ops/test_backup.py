"""A backup holds everything, and a restore gives it back: all of it or nothing."""

import stat
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from crm.ops.backup.archive import MANIFEST
from crm.ops.backup.catalogue import list_tables, owner_session
from crm.ops.backup.digest import digest_table
from crm.ops.backup.write import write_backup
from crm.ops.models import PlatformEntry
from crm.tenancy.context import tenant_scope
from tests.fixtures.cast import found_company, hire
from tests.matrix.world import fill

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, databases=["default", "owner", "system"]),
]
PICTURE = b"a picture" * 1000


@pytest.fixture
def archive(transactional_db, settings, tmp_path) -> Path:
    """A backup of two companies with everything in them, and of an uploaded file."""
    for slug, orders in (("shop", 2), ("neighbour", 3)):
        tenant = found_company(slug, slug.title())
        with tenant_scope(tenant.pk), transaction.atomic():
            fill(tenant, hire(tenant, "owner"), orders=orders)
    logo = tmp_path / "media" / "1" / "logo.png"
    logo.parent.mkdir(parents=True)
    logo.write_bytes(PICTURE)
    settings.MEDIA_ROOT = str(tmp_path / "media")
    path = tmp_path / "all.kram"
    call_command("backup", str(path), verbosity=0)
    return path


def rewrite(source: Path, target: Path, change) -> Path:
    """Copy an archive, each member through `change(name, bytes)`; None leaves it out."""
    with ZipFile(source) as old, ZipFile(target, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return target


def test_everything_comes_back(archive, elsewhere, tmp_path):
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert list(tmp_path.glob("*.unfinished")) == []
    noted = PlatformEntry.objects.get(action="backup.made")
    assert noted.details["bytes"] == archive.stat().st_size

    restored = elsewhere.run("restore", str(archive))
    assert restored.returncode == 0, restored.stderr
    proved = elsewhere.run("prove", "--against", str(archive))
    assert proved.returncode == 0, proved.stdout + proved.stderr
    assert "none differ" in proved.stdout
    assert "ok     money of neighbour: 3 orders of" in proved.stdout
    assert (tmp_path / "media-there" / "1" / "logo.png").read_bytes() == PICTURE
    # The next order gets a number and an id that nobody has.
    last = elsewhere.sql("SELECT max(id) FROM orders_order")[0][0]
    assert elsewhere.sql("SELECT nextval('orders_order_id_seq')")[0][0] > last
    # References are held again, and by the same names.
    count = "SELECT count(*) FROM pg_constraint WHERE contype = 'f'"
    with owner_session() as here:
        assert elsewhere.sql(count) == here.execute(count).fetchall()


def test_a_difference_of_one_row_is_found(archive, elsewhere):
    elsewhere.run("restore", str(archive))
    assert elsewhere.run("prove", "--against", str(archive)).returncode == 0
    elsewhere.sql("UPDATE orders_order SET paid = paid + 1 WHERE number = 1 AND tenant_id = 1")
    proved = elsewhere.run("prove", "--against", str(archive))
    assert proved.returncode == 1
    wrong = [line for line in proved.stdout.splitlines() if line.startswith("WRONG")]
    assert ["orders_order" in wrong[0], "differ: paid" in wrong[0]] == [True, True]
    assert wrong[1:] == [line for line in wrong if "money of shop: 1 orders do not add up" in line]


def test_data_are_replaced_only_when_forced(archive, elsewhere):
    assert elsewhere.run("restore", str(archive)).returncode == 0
    elsewhere.sql("UPDATE tenancy_tenant SET name = 'Mine' WHERE slug = 'shop'")
    refused = elsewhere.run("restore", str(archive))
    assert refused.returncode == 1
    assert "There are data in this database" in refused.stderr
    name = "SELECT name FROM tenancy_tenant WHERE slug = 'shop'"
    assert elsewhere.sql(name) == [("Mine",)]
    assert elsewhere.run("restore", str(archive), "--force").returncode == 0
    assert elsewhere.sql(name) == [("Shop",)]


def test_a_damaged_archive_changes_nothing(archive, elsewhere, tmp_path):
    def forget_a_payment(name, content):
        return content[: content.index(b"\n") + 1] if "inventory_variant" in name else content

    shorter = rewrite(archive, tmp_path / "shorter.kram", forget_a_payment)
    headless = rewrite(
        archive, tmp_path / "headless.kram", lambda name, b: None if name == MANIFEST else b
    )
    cut = tmp_path / "cut.kram"
    cut.write_bytes(archive.read_bytes()[:-200])
    for path, word in (
        (shorter, "damaged at"),
        (headless, "no readable manifest"),
        (cut, "no whole archive"),
    ):
        refused = elsewhere.run("restore", str(path))
        assert (refused.returncode, word in refused.stderr) == (1, True), refused.stderr
    assert elsewhere.sql("SELECT count(*) FROM tenancy_tenant") == [(0,)]
    assert elsewhere.run("restore", str(archive)).returncode == 0


def test_secrets_need_their_keys(archive, elsewhere):
    other = {"KRAM_FIELD_KEYS": "b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItMzI="}
    refused = elsewhere.run("restore", str(archive), **other)
    assert (refused.returncode, "KRAM_FIELD_KEYS" in refused.stderr) == (1, True)
    assert elsewhere.sql("SELECT count(*) FROM tenancy_tenant") == [(0,)]
    assert elsewhere.run("restore", str(archive), "--without-keys", **other).returncode == 0


def test_a_backup_is_of_one_moment(archive, tmp_path, monkeypatch):
    """What is written after it began is not in it: neither the rows nor their digest."""
    from crm.ops.backup import write

    with owner_session() as session:
        before = {table.name: digest_table(session, table) for table in list_tables(session)}
    real = write._write_table
    done = []

    def place_one_more(archive_, session, table):
        if not done:
            done.append(found_company("late", "Late"))
        return real(archive_, session, table)

    monkeypatch.setattr(write, "_write_table", place_one_more)
    manifest = write_backup(tmp_path / "moment.kram", now=timezone.now())
    assert done
    assert manifest.tables["tenancy_tenant"]["rows"] == before["tenancy_tenant"].rows == 2
    assert {n: t["hash"] for n, t in manifest.tables.items()} == {
        name: digest.hash for name, digest in before.items()
    }
