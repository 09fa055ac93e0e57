"""Letters of accounts, in the reader's language. Called by tasks: they talk to the mail server."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation


def send_letter(name: str, *, to: str, language: str, context: dict[str, Any]) -> None:
    """Send a letter made of `accounts/mails/NAME.txt` (its first line: the subject) and `.html`."""
    language = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    context = {**context, "base_url": settings.BASE_URL, "language": language}
    with translation.override(language):
        text = render_to_string(f"accounts/mails/{name}.txt", context).strip()
        subject, _separator, body = text.partition("\n")
        html = render_to_string(f"accounts/mails/{name}.html", {**context, "subject": subject})
    letter = EmailMultiAlternatives(
        subject.strip(), body.strip() + "\n", settings.DEFAULT_FROM_EMAIL, [to]
    )
    letter.attach_alternative(html, "text/html")
    letter.send()
