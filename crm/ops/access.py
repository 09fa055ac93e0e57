"""Who runs the service: let in by a row that only the command line writes."""

import functools

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

from crm.accounts.access import View, ask_for_second_step, ask_to_sign_in
from crm.ops.models import PlatformStaff


def platform_staff(view: View) -> View:
    """Let in those who run the service; for everybody else there is no such page.

    With two steps where the service is reached from outside (PLATFORM_TWO_STEP).
    """

    @functools.wraps(view)
    def wrapper(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        user = request.user
        if not user.is_authenticated:
            return ask_to_sign_in(request)
        if not PlatformStaff.objects.filter(user_id=user.pk).exists():
            raise Http404
        if settings.PLATFORM_TWO_STEP and user.two_step_at is None:
            return ask_for_second_step(request)
        return view(request, *args, **kwargs)

    wrapper.access = "platform"  # type: ignore[attr-defined]
    return wrapper
