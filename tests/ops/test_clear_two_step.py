"""Who lost phone and codes is let in again by the operator, who says how they made sure."""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from crm.accounts.actions.two_step import begin_two_step, confirm_two_step
from crm.accounts.models import User
from crm.accounts.totp import code_at, step_at
from crm.ops.management.commands import clear_two_step
from crm.ops.models import PlatformEntry


def test_the_second_step_is_cleared_and_everybody_hears_of_it(owner, monkeypatch):
    told = []
    monkeypatch.setattr(clear_two_step, "send_after_commit", lambda _task, *args: told.append(args))
    now = timezone.now()
    secret = begin_two_step(user_id=owner.user_id)
    code = code_at(secret, step_at(now.timestamp()))
    confirm_two_step(user_id=owner.user_id, code=code, now=now)
    thief = Client()
    thief.force_login(User.objects.get(pk=owner.user_id))
    assert thief.get("/profile/").status_code == 200

    with pytest.raises(CommandError, match="how you made sure"):
        call_command("clear_two_step", owner.user.email, "--reason", " ")
    with pytest.raises(CommandError, match="Nobody signs in"):
        call_command("clear_two_step", "no@one.example", "--reason", "дзвінок")
    assert User.objects.get(pk=owner.user_id).two_step_at is not None

    call_command("clear_two_step", owner.user.email.upper(), "--reason", "дзвінок власниці")
    assert User.objects.get(pk=owner.user_id).two_step_at is None
    assert thief.get("/profile/").status_code == 302
    entry = PlatformEntry.objects.get(action="two_step.cleared")
    assert (entry.details, entry.reason) == ({"user": owner.user_id}, "дзвінок власниці")
    assert told == [(owner.user_id, "two_step_off")]
    with pytest.raises(CommandError, match="has no second step"):
        call_command("clear_two_step", owner.user.email, "--reason", "ще раз")
