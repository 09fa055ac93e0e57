"""The second step of signing in: a code of an authenticator, or one of ten recovery codes.

Whoever turns it on or off has just proved the password; the pages see to that.
"""

import logging
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from crm.accounts import totp
from crm.accounts.errors import TwoStepAlreadyOn, UsedCode, WrongCode
from crm.accounts.models import TwoStep, User

logger = logging.getLogger("kram.security")


class Proof(StrEnum):
    CODE = "code"
    RECOVERY = "recovery"


@transaction.atomic
def begin_two_step(*, user_id: int) -> str:
    """Return the secret to give to an authenticator. Nothing is asked for until a code is."""
    row = _lock(user_id) or TwoStep(user_id=user_id, secret={"totp": totp.new_secret()})
    if row.confirmed_at is not None:
        raise TwoStepAlreadyOn
    if row._state.adding:
        row.save(force_insert=True)
    return row.secret["totp"]


@transaction.atomic
def confirm_two_step(*, user_id: int, code: str, now: datetime) -> list[str]:
    """Turn it on by the first code, end the other sessions, and return the recovery codes.

    The caller's own session must be given the new hash. WrongCode leaves all as it was.
    """
    row = _lock(user_id)
    if row is None:
        raise WrongCode
    if row.confirmed_at is not None:
        raise TwoStepAlreadyOn
    step = totp.find_step(row.secret["totp"], totp.clean_code(code), seconds=now.timestamp())
    if step is None:
        raise WrongCode
    codes = totp.new_recovery_codes()
    row.confirmed_at, row.last_step = now, step
    row.recovery_hashes = totp.hash_recovery_codes(codes)
    row.save(update_fields=["confirmed_at", "last_step", "recovery_hashes"])
    User.objects.filter(pk=user_id).update(two_step_at=now)
    logger.info("two-step sign-in turned on: user %s", user_id)
    return codes


@transaction.atomic
def check_second_step(*, user_id: int, code: str, now: datetime) -> Proof:
    """Take a code, which is then used up: of the authenticator, or a recovery code."""
    row = _lock(user_id)
    if row is None or row.confirmed_at is None:
        raise WrongCode
    code = totp.clean_code(code)
    secret = row.secret["totp"]
    step = totp.find_step(secret, code, seconds=now.timestamp(), after=row.last_step)
    if step is not None:
        row.last_step = step
        row.save(update_fields=["last_step"])
        return Proof.CODE
    hashed = totp.find_recovery_code(code, row.recovery_hashes)
    if hashed is None:
        if totp.find_step(secret, code, seconds=now.timestamp()) is not None:
            logger.warning("a code that was used already was tried: user %s", user_id)
            raise UsedCode
        logger.warning("wrong second step: user %s", user_id)
        raise WrongCode
    row.recovery_hashes = [one for one in row.recovery_hashes if one != hashed]
    row.save(update_fields=["recovery_hashes"])
    logger.info("recovery code used: user %s, %s left", user_id, len(row.recovery_hashes))
    return Proof.RECOVERY


@transaction.atomic
def renew_recovery_codes(*, user_id: int) -> list[str]:
    """Return ten new recovery codes; the old ones are worth nothing from now on."""
    row = _lock(user_id)
    if row is None or row.confirmed_at is None:
        raise WrongCode
    codes = totp.new_recovery_codes()
    row.recovery_hashes = totp.hash_recovery_codes(codes)
    row.save(update_fields=["recovery_hashes"])
    logger.info("recovery codes renewed: user %s", user_id)
    return codes


@transaction.atomic
def disable_two_step(*, user_id: int) -> bool:
    """Ask for the password alone again. Tells whether it was on."""
    row = _lock(user_id)
    if row is None:
        return False
    row.delete()
    User.objects.filter(pk=user_id).update(two_step_at=None)
    logger.info("two-step sign-in turned off: user %s", user_id)
    return row.confirmed_at is not None


def _lock(user_id: int) -> TwoStep | None:
    # The person's row first: it is there even where theirs of the second step is not yet.
    User.objects.select_for_update(no_key=True).get(pk=user_id)
    return TwoStep.objects.filter(pk=user_id).first()
