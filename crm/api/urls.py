"""Addresses under /api/ that belong to no app: the documentation, and what does not exist.

Included after the apps' own addresses: the last line takes the rest.
"""

from django.urls import path

from crm.api.views import unknown_path
from crm.api.web import docs

urlpatterns = [
    path("schema/", docs.schema, name="api-schema"),
    path("docs/", docs.docs, name="api-docs"),
    path("docs/errors/", docs.errors, name="api-errors"),
    path("<path:rest>", unknown_path, name="api-unknown"),
    path("", unknown_path),
]
