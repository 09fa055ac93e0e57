"""The link that proves an e-mail: signed, good for three days, and void once it is used."""

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import signing

from crm.accounts.models import User

_SALT = "kram.accounts.verify"
_LASTS = 3 * 24 * 3600

reset_tokens = PasswordResetTokenGenerator()


def make_verification(user: User) -> str:
    """Return the token of a link that proves the user's e-mail."""
    return signing.dumps({"user": user.pk, "email": user.email}, salt=_SALT)


def find_verified(token: str) -> User | None:
    """Return the user of a link, or None when it is forged, old or of an e-mail since changed."""
    try:
        data = signing.loads(token, salt=_SALT, max_age=_LASTS)
    except signing.BadSignature:
        return None
    return User.objects.filter(pk=data["user"], email=data["email"], is_active=True).first()
