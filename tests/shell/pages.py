"""A few pages on the shell's own parts, for the browser tests."""

from django.http import HttpRequest, HttpResponse
from django.template import RequestContext, Template
from django.urls import include, path

from crm.accounts.access import ANY_MEMBER, public, requires
from crm.shell.responses import toast, wants_fragment, wants_panel
from crm.shell.web import styleguide

_ROWS = "".join(
    f'<tr data-row id="row-{n}"><td><a data-panel href="/pottery/things/{n}/">Thing {n}</a></td>'
    f'<td><input type="checkbox" aria-label="tick {n}"></td></tr>'
    for n in range(1, 41)
)
_LIST = f"""
{{% extends "base.html" %}}{{% block title %}}Things{{% endblock %}}
{{% block page_title %}}Things{{% endblock %}}
{{% block actions %}}
<button class="btn" id="move" data-key="m" hx-post="/pottery/move/" hx-swap="none">Move</button>
<button class="btn" id="break" hx-post="/pottery/break/">Break</button>
{{% endblock %}}
{{% block content %}}
<table class="table" data-rows><tbody>{_ROWS}</tbody></table>
<form method="post" action="/pottery/save/" hx-post="/pottery/save/" hx-target="this" data-guard>
<label for="note">Note</label><input id="note" name="note"></form>
{{% endblock %}}
"""
_THING = """
{% extends "base.html" %}{% block title %}Thing{% endblock %}
{% block page_title %}Whole page of {{ number }}{% endblock %}
"""
_PANEL = """
{% include "components/_panel_head.html" with title=number url="/x/" %}
<div class="k-panel__body">Panel of {{ number }}</div>
"""


def page(request: HttpRequest, source: str, **context: object) -> HttpResponse:
    return HttpResponse(Template(source).render(RequestContext(request, context)))


@requires(ANY_MEMBER)
def things(request: HttpRequest) -> HttpResponse:
    return page(request, _LIST)


@requires(ANY_MEMBER)
def thing(request: HttpRequest, number: int) -> HttpResponse:
    return page(request, _PANEL if wants_panel(request) else _THING, number=number)


@requires(ANY_MEMBER)
def move(request: HttpRequest) -> HttpResponse:
    if request.GET.get("undo"):
        return toast(HttpResponse(status=204), "Moved back")
    return toast(HttpResponse(status=204), "Moved", undo_url="/pottery/move/?undo=1")


@requires(ANY_MEMBER)
def save(request: HttpRequest) -> HttpResponse:
    assert wants_fragment(request)
    return HttpResponse(f"Wrong note: {request.POST['note']}", status=422)


@public
def broken(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise RuntimeError("broken on purpose")


urlpatterns = [
    path("styleguide/", styleguide.styleguide),
    path("<slug:company>/things/", things),
    path("<slug:company>/things/<int:number>/", thing),
    path("<slug:company>/move/", move),
    path("<slug:company>/save/", save),
    path("<slug:company>/break/", broken),
    # The sidebar names pages of every floor.
    path("", include("config.urls")),
]
handler404 = "crm.shell.errors.not_found"
handler500 = "crm.shell.errors.server_error"
