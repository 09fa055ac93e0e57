"""What a person does with their own account."""

from datetime import datetime

from django.db import transaction

from crm.accounts.models import User


@transaction.atomic
def update_profile(*, user: User, full_name: str, language: str, theme: str) -> User:
    """Change a person's name, language and theme."""
    user.full_name, user.language, user.theme = full_name.strip(), language, theme
    user.save(update_fields=["full_name", "language", "theme"])
    return user


@transaction.atomic
def set_password(*, user: User, password: str, proves_email: bool = False, now: datetime) -> User:
    """Set a new password; every session but the caller's own ends with the old one."""
    user.set_password(password)
    fields = ["password"]
    if proves_email and user.email_verified_at is None:
        user.email_verified_at = now
        fields.append("email_verified_at")
    user.save(update_fields=fields)
    return user


@transaction.atomic
def verify_email(*, user: User, now: datetime) -> User:
    """Keep that the person reads this e-mail. Repeating it changes nothing."""
    if user.email_verified_at is None:
        user.email_verified_at = now
        user.save(update_fields=["email_verified_at"])
    return user


def keep_theme(*, user_id: int, theme: str) -> None:
    """Remember the theme for every machine on which the person signs in."""
    User.objects.filter(pk=user_id).update(theme=theme)


def keep_language(*, user_id: int, language: str) -> None:
    """Remember the language for every machine on which the person signs in."""
    User.objects.filter(pk=user_id).update(language=language)
