"""An import: its file, how its columns were understood, its rows, and what became of them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Membership
from crm.jobs.models import Job
from crm.tenancy.fields import TenantForeignKey
from crm.tenancy.models import TenantModel


class ImportKind(models.TextChoices):
    ORDERS = "orders", _("Orders")
    CUSTOMERS = "customers", _("Customers")
    PRODUCTS = "products", _("Products")
    STOCK = "stock", _("Stock")


class ImportState(models.TextChoices):
    MAPPING = "mapping", _("Columns to be named")
    CHECKING = "checking", _("Being read")
    READY = "ready", _("Ready to import")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")
    FAILED = "failed", _("The file can't be read")


class Import(TenantModel):
    """One file on its way in."""

    kind = models.CharField(max_length=10, choices=ImportKind.choices)
    state = models.CharField(
        max_length=10, choices=ImportState.choices, default=ImportState.MAPPING
    )
    file_name = models.CharField(max_length=200)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    # How the file is written: format, encoding, delimiter, quote, sheet, header (row of names).
    layout = models.JSONField(default=dict)
    headers = models.JSONField(default=list)
    samples = models.JSONField(default=list)
    # The same columns again are understood as they were the last time.
    fingerprint = models.CharField(max_length=64)
    # Names of fields in the columns' places ("" where a column is not taken), and the choices.
    mapping = models.JSONField(default=list)
    options = models.JSONField(default=dict)
    # What the check found: rows, records, new, change, same, wrong, and facts worth saying.
    counts = models.JSONField(default=dict)
    error = models.CharField(max_length=60, blank=True, default="")
    check_job = TenantForeignKey(Job, models.PROTECT, related_name="+", null=True)
    run_job = TenantForeignKey(Job, models.PROTECT, related_name="+", null=True)
    undo_job = TenantForeignKey(Job, models.PROTECT, related_name="+", null=True)
    created_by = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["tenant", "-id"], name="imports_import_newest")]

    def __str__(self) -> str:
        return self.file_name


class FilePart(TenantModel):
    """A piece of the file as it was sent, compressed."""

    run = TenantForeignKey(Import, models.CASCADE, related_name="parts", db_index=False)
    position = models.IntegerField()
    data = models.BinaryField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "run", "position"], name="imports_part_place")
        ]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.position}"


class Chunk(TenantModel):
    """Some rows of the file, whole records only: what is done in one transaction.

    `data` is compressed JSON, [[row number, [cells…]], …] for each record; `verdicts` say in the
    records' places what the check found and, after the run, what became of them.
    """

    run = TenantForeignKey(Import, models.CASCADE, related_name="chunks", db_index=False)
    position = models.IntegerField()
    rows = models.IntegerField()
    data = models.BinaryField()
    verdicts = models.JSONField(default=list)
    wrong = models.IntegerField(default=0)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "run", "position"], name="imports_chunk_place"
            )
        ]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.position}"


class Trace(TenantModel):
    """What an import did to one object: the way back, and by which outside code we know it.

    `before` and `after` hold the fields that were changed; none: the import made the object.
    """

    run = TenantForeignKey(Import, models.PROTECT, related_name="traces", db_index=False)
    chunk = models.IntegerField()
    object_type = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    # The code of a customer in the company's old books; unique among the company's customers.
    code = models.CharField(max_length=100, blank=True, default="")
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    undone = models.BooleanField(default=False)
    # What the undo left: how people call it, and why.
    label = models.CharField(max_length=100, blank=True, default="", db_default="")
    why = models.CharField(max_length=30, blank=True, default="", db_default="")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "object_type", "code"],
                condition=~Q(code="") & Q(undone=False),
                name="imports_trace_code",
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "run", "chunk"], name="imports_trace_chunk"),
            models.Index(
                fields=["tenant", "object_type", "object_id"], name="imports_trace_object"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id}"


class KnownColumns(TenantModel):
    """How the company last understood a file with these columns."""

    kind = models.CharField(max_length=10, choices=ImportKind.choices)
    fingerprint = models.CharField(max_length=64)
    mapping = models.JSONField()
    options = models.JSONField(default=dict)
    used_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "kind", "fingerprint"], name="imports_columns_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.fingerprint[:8]}"
