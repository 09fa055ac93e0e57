from django.urls import path

from customers.web import card, table

app_name = "customers"
urlpatterns = [
    path("customers/", table.customers, name="list"),
    path("customers/new/", card.new, name="new"),
    path("customers/<int:customer_id>/", card.detail, name="detail"),
    path("customers/<int:customer_id>/edit/", card.edit, name="edit"),
    path("customers/<int:customer_id>/block/", card.block, name="block"),
    path("customers/<int:customer_id>/contacts/", card.contact_add, name="contact-add"),
    path(
        "customers/<int:customer_id>/contacts/<int:contact_id>/primary/",
        card.contact_primary,
        name="contact-primary",
    ),
    path(
        "customers/<int:customer_id>/contacts/<int:contact_id>/remove/",
        card.contact_remove,
        name="contact-remove",
    ),
    path("customers/<int:customer_id>/tags/", card.tag_add, name="tag-add"),
    path("customers/<int:customer_id>/tags/remove/", card.tag_remove, name="tag-remove"),
    path("customers/<int:customer_id>/notes/", card.note_add, name="note-add"),
    path(
        "customers/<int:customer_id>/notes/<int:note_id>/remove/",
        card.note_remove,
        name="note-remove",
    ),
    path(
        "customers/<int:customer_id>/notes/<int:note_id>/restore/",
        card.note_restore,
        name="note-restore",
    ),
]
