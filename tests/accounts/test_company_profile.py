"""What a company tells of itself: papers, logo, currency."""

from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from crm.accounts.actions.profile import company_stamp, get_profile
from crm.accounts.logo import MAX_BYTES, BadPicture, draw_logo
from crm.accounts.papers import BadPaper, clean_iban, clean_phone, clean_tax_id
from crm.audit.actor import Actor
from crm.audit.models import AuditEntry
from crm.tenancy.models import CompanyProfile, Tenant
from inventory.factories import make_variant
from orders.actions.place import place_order
from orders.inputs import BuyerInput, LineInput, OrderInput
from orders.models import Channel

URL = "/shop/settings/company/"
BASE = {"name": "Крамниця", "language": "uk", "time_zone": "Europe/Kyiv", "currency": "UAH"}
PAPERS = {
    "legal_name": "ТОВ «Крамниця»",
    "tax_id": "00032112",
    "iban": "UA213223130000026007233566001",
    "address": "Київ, Хрещатик, 1",
    "phone": "+380671234567",
    "email": "office@shop.example",
}


def picture(kind: str = "PNG", size: tuple[int, int] = (800, 400)) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "red").save(out, kind)
    return out.getvalue()


def upload(data: bytes, name: str = "logo.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="image/png")


@pytest.mark.parametrize("code", ["00032112", "14360570", "21560766", "3184710691", ""])
def test_codes_whose_check_digit_holds(code):
    assert clean_tax_id(code) == code


@pytest.mark.parametrize(
    "code", ["00032113", "14360571", "3184710692", "123", "0003211a", "٠٠٠٣٢١١٢"]
)
def test_codes_that_can_not_be(code):
    with pytest.raises(BadPaper):
        clean_tax_id(code)


def test_account_numbers():
    assert clean_iban("ua21 3223 1300 0002 6007 2335 66001") == PAPERS["iban"]
    assert clean_iban("DE89370400440532013000") == "DE89370400440532013000"
    for wrong in ("UA213223130000026007233566002", "UA21322313000002600723356600", "UA", "-" * 29):
        with pytest.raises(BadPaper):
            clean_iban(wrong)


def test_phones():
    assert clean_phone("067 123 45 67") == "+380671234567"
    with pytest.raises(BadPaper):
        clean_phone("12345")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_logo_is_drawn_anew(kind):
    drawn = Image.open(BytesIO(draw_logo(picture(kind))))
    assert (drawn.format, drawn.size) == ("PNG", (512, 256))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            "not_a_picture",
        ),
        (picture()[:200], "not_a_picture"),
        (picture("BMP"), "not_a_picture"),
        (picture(size=(5001, 10)), "too_big"),
        (b"\x89PNG" + b"0" * MAX_BYTES, "too_big"),
    ],
)
def test_what_is_no_picture_is_refused(data, code):
    with pytest.raises(BadPicture) as refused:
        draw_logo(data)
    assert refused.value.code == code


def save(client: Any, **fields: Any) -> Any:
    return client.post(URL, {**BASE, **fields})


def test_papers_are_kept_and_told_with_before_and_after(shop, owner, client_of):
    client = client_of(owner)
    assert save(client, **PAPERS, languages=["uk", "en"]).status_code == 303
    profile = get_profile()
    assert {name: getattr(profile, name) for name in PAPERS} == PAPERS
    assert profile.languages == ["en"]
    save(client, **{**PAPERS, "address": "Львів"}, languages=["en"])
    changes = AuditEntry.objects.filter(action="company.changed").latest("id").changes
    assert changes == {"address": ["Київ, Хрещатик, 1", "Львів"]}


@pytest.mark.parametrize(
    ("field", "value"), [("tax_id", "00032113"), ("iban", "UA00"), ("phone", "12"), ("email", "@")]
)
def test_a_wrong_detail_is_told_beside_its_field_and_nothing_is_kept(
    shop, owner, client_of, field, value
):
    answer = save(client_of(owner), **{**PAPERS, field: value})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert value in answer.content.decode()
    assert "Хрещатик" in answer.content.decode()
    assert not CompanyProfile.objects.exists()


def test_logo_is_shown_replaced_and_removed(shop, owner, picker, client_of):
    client = client_of(owner)
    assert client.get(URL + "logo/").status_code == 204
    assert save(client, logo=upload(picture())).status_code == 303
    shown = client_of(picker).get(URL + "logo/")
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/png")
    assert Image.open(BytesIO(shown.content)).size == (512, 256)
    assert get_profile().logo_hash in client.get(URL).content.decode()
    refused = save(client, logo=upload(b"not a picture"))
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["logo"])
    assert client.get(URL + "logo/").content == shown.content
    save(client, drop_logo="on")
    assert client.get(URL + "logo/").status_code == 204
    told = AuditEntry.objects.filter(action="company.changed").order_by("id")
    assert [list(entry.changes) for entry in told] == [["logo"], ["logo"]]


def test_the_neighbours_logo_is_not_ours(shop, neighbour, neighbour_owner, owner, client_of):
    save(client_of(owner), logo=upload(picture()))
    assert client_of(owner).get(URL + "logo/").status_code == 200
    assert client_of(neighbour_owner).get(URL + "logo/").status_code == 404
    assert client_of(neighbour_owner).get("/neighbour/settings/company/logo/").status_code == 204


def test_two_who_save_at_once(shop, owner, admin, client_of):
    shown = company_stamp(Tenant.objects.get(pk=shop.pk), get_profile())
    assert save(client_of(admin), stamp=shown, address="Львів").status_code == 303
    late = save(client_of(owner), stamp=shown, address="Одеса")
    assert late.status_code == 409
    page = late.content.decode()
    assert 'value="Одеса"' in page
    assert "Львів" in page
    assert get_profile().address == "Львів"
    again = save(client_of(owner), stamp=late.context["stamp"], address="Одеса")
    assert again.status_code == 303
    assert get_profile().address == "Одеса"


def test_the_currency_is_free_until_the_first_order(shop, owner, client_of):
    client = client_of(owner)
    assert save(client, currency="EUR").status_code == 303
    shop.refresh_from_db()
    assert shop.currency == "EUR"
    assert set(Channel.objects.values_list("currency", flat=True)) == {"EUR"}
    variant = make_variant("TEA")
    place_order(
        data=OrderInput(
            lines=(LineInput(sku=variant.sku, quantity=1),),
            buyer=BuyerInput(name="Олена", phone="0671234567"),
            channel_code="site",
        ),
        actor=Actor.system("test"),
        now=timezone.now(),
    )
    page = client.get(URL)
    assert "currency" not in page.context["form"].fields
    assert save(client, currency="UAH", name="Нова").status_code == 303
    shop.refresh_from_db()
    assert (shop.currency, shop.name) == ("EUR", "Нова")
