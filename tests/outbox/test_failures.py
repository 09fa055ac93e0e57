"""Effects that failed are seen by who manages connections, with the reason, and tried again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.audit.actor import Actor
from crm.audit.models import AuditEntry
from crm.outbox import registry
from crm.outbox.actions import retry_effect, retry_given_up
from crm.outbox.drain import PAUSES, drain_batch
from crm.outbox.models import OutboxEvent
from crm.outbox.selectors import PAGE, count_given_up, list_failures

PAGE_URL = "/shop/settings/failures/"
LAST = len(PAUSES) + 1
# Session, user, membership and the shell's; the list, its count and the names of one kind.
QUERIES = 9


def fail(shop, *, attempts=LAST, failed=True, error="ValueError: no luck", wait=0, count=1):
    now = timezone.now()
    return [
        OutboxEvent.objects.create(
            topic="company.changed",
            subscriber="test.tell",
            object_type="tenant",
            object_id=shop.pk,
            created_at=now,
            next_at=now + timedelta(seconds=wait),
            attempts=attempts,
            last_error=error,
            failed=failed,
        )
        for _number in range(count)
    ]


@pytest.fixture
def effect(monkeypatch):
    """The one subscriber there is; `effect.broken` says whether it fails."""

    class Effect:
        broken = False
        heard = 0

        def __call__(self, event):
            self.heard += 1
            if self.broken:
                raise ValueError("still no luck")

    made = Effect()
    monkeypatch.setattr(registry, "_subscribers", {"company.changed": {"test.tell": made}})
    return made


def by(member):
    return {"actor": Actor.member(member), "now": timezone.now()}


def test_a_given_up_effect_is_done_at_a_persons_word(shop, owner, effect):
    [event] = fail(shop)
    drain_batch(shop.pk)
    assert effect.heard == 0

    assert retry_effect(event_id=event.pk, **by(owner))
    drain_batch(shop.pk)
    assert effect.heard == 1
    assert list_failures() == ([], None)
    entry = AuditEntry.objects.get(action="company.failures_retried")
    assert entry.details == {"count": 1, "topic": "company.changed", "subscriber": "test.tell"}


def test_one_that_fails_again_is_back_at_once_with_its_new_reason(shop, owner, effect):
    effect.broken = True
    [event] = fail(shop)
    retry_effect(event_id=event.pk, **by(owner))
    drain_batch(shop.pk)
    [[kept], _older] = list_failures()
    assert (kept.failed, kept.attempts) == (True, LAST + 1)
    assert kept.last_error == "ValueError: still no luck"
    # Each try has a row of its own: the page that named the old one is told so.
    assert not retry_effect(event_id=event.pk, **by(owner))
    assert AuditEntry.objects.filter(action="company.failures_retried").count() == 1


def test_one_that_waits_can_be_tried_at_once_and_keeps_its_pauses(shop, owner, effect):
    effect.broken = True
    [event] = fail(shop, attempts=3, failed=False, wait=1200)
    retry_effect(event_id=event.pk, **by(owner))
    drain_batch(shop.pk)
    [[kept], _older] = list_failures()
    assert (kept.failed, kept.attempts) == (False, 4)


def test_all_that_was_given_up_is_tried_and_nothing_else(shop, owner, effect):
    fail(shop, count=3)
    [waiting] = fail(shop, attempts=1, failed=False, wait=1200)
    assert retry_given_up(**by(owner)) == 3
    drain_batch(shop.pk)
    assert effect.heard == 3
    assert [row.pk for row in list_failures()[0]] == [waiting.pk]
    assert retry_given_up(**by(owner)) == 0
    assert AuditEntry.objects.filter(action="company.failures_retried").count() == 1


def test_an_event_on_its_first_way_is_no_failure(shop, owner):
    [event] = fail(shop, attempts=0, failed=False)
    assert list_failures() == ([], None)
    assert not retry_effect(event_id=event.pk, **by(owner))


def test_the_page_says_what_why_and_when(shop, owner, client_of, monkeypatch):
    monkeypatch.setattr(registry, "_subscribers", {})
    monkeypatch.setattr(registry, "_words", {"test.tell": "The bell rings"})
    [event] = fail(shop, error="ValueError: <no> luck")
    fail(shop, attempts=2, failed=False, wait=1200)
    client = client_of(owner)
    client.cookies["kram_language"] = "en"
    text = client.get(PAGE_URL).content.decode()
    assert text.count("The bell rings") == 2
    assert "Company profile changed" in text
    assert "ValueError: &lt;no&gt; luck" in text
    assert text.count("Given up") == 1
    assert text.count("Tried again") == 1

    client.post(f"{PAGE_URL}{event.pk}/retry/")
    event.refresh_from_db()
    assert not event.failed
    assert "Being tried" in client.get(PAGE_URL).content.decode()
    drain_batch(shop.pk)  # nobody listens: it comes back as another row
    late = client.post(f"{PAGE_URL}{event.pk}/retry/")
    assert late.status_code == 409
    assert "It was tried in the meantime" in late.content.decode()


def test_pages_take_the_same_statements(shop, owner, client_of, django_assert_num_queries):
    client = client_of(owner)
    fail(shop, count=2)
    client.get(PAGE_URL)
    with django_assert_num_queries(QUERIES):
        client.get(PAGE_URL)
    fail(shop, count=PAGE)
    with django_assert_num_queries(QUERIES):
        text = client.get(PAGE_URL).content.decode()
    assert text.count('id="failure-') == PAGE
    _rows, older = list_failures()
    rest = client.get(f"{PAGE_URL}?before={older}").content.decode()
    assert rest.count('id="failure-') == 2


def test_the_sidebar_warns_while_something_is_given_up(shop, owner, manager, client_of):
    fail(shop, attempts=1, failed=False, wait=1200)
    assert PAGE_URL not in client_of(owner).get("/shop/sidebar/").content.decode()
    fail(shop, count=2)
    assert count_given_up() == 2
    text = client_of(owner).get("/shop/sidebar/").content.decode()
    assert f'href="{PAGE_URL}"' in text
    assert '<span class="k-nav__count k-nav__count--loud">2</span>' in text
    assert PAGE_URL not in client_of(manager).get("/shop/sidebar/").content.decode()
