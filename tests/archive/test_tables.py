"""What an archive carries is decided for every table, and decided so that it can be filled."""

from config.archive.tables import CARRIED, LEFT_OUT
from crm.accounts.models import Membership
from crm.tenancy.fields import TenantForeignKey
from crm.vault.fields import EncryptedJSONField
from tests.tenancy.rows import TENANT_MODELS


def test_every_table_of_a_company_is_carried_or_left_out_with_a_reason():
    listed = [table.model for table in CARRIED] + list(LEFT_OUT)
    assert sorted(m._meta.label for m in listed) == [m._meta.label for m in TENANT_MODELS]
    assert all(len(why) > 10 for why in LEFT_OUT.values())


def test_what_a_row_refers_to_comes_before_it():
    models = [table.model for table in CARRIED]
    for place, model in enumerate(models):
        for field in model._meta.concrete_fields:
            if isinstance(field, TenantForeignKey) and field.related_model is not model:
                assert field.related_model in models[:place], f"{model.__name__}.{field.name}"


def test_no_secret_and_no_person_of_the_service_is_in_a_column():
    for table in CARRIED:
        for field in table.model._meta.concrete_fields:
            if field.column in table.columns:
                assert not isinstance(field, EncryptedJSONField), field
                assert field.related_model is None or isinstance(field, TenantForeignKey), field
    members = next(table for table in CARRIED if table.model is Membership)
    assert "email" in members.columns
    assert not {"user_id", "password"} & set(members.columns)
