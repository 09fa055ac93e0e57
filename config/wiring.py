"""Everything that must be registered at start: Celery, event subscribers, ports, checks."""

from importlib import import_module

from config import audit_objects, audit_words, effect_words, event_objects
from config.archive.web import register as archive_pages
from config.celery import app as celery_app
from config.celery_signals import connect as connect_signals
from config.operations import connect as connect_operations
from crm.accounts.currency import register_currency_keeper
from crm.accounts.setup import register_company_setup
from crm.accounts.web import audit_export
from crm.accounts.web import palette as accounts_palette
from crm.exports import notices as export_notices
from crm.fields.actions import register_archive_hook
from crm.jobs import notices as job_notices
from crm.ops.errors import set_up_error_tracking
from crm.outbox.web import sidebar as outbox_sidebar
from crm.webhooks.web import register as webhook_pages
from customers import exports as customers_exports
from customers.web import palette as customers_palette
from integrations.imports import jobs as import_jobs
from integrations.imports.web import register as import_pages
from integrations.onboarding.web import register as onboarding_pages
from integrations.woocommerce import provider as woocommerce
from inventory.actions.setup import set_up_inventory
from inventory.exports import tables as inventory_exports
from inventory.web import palette as inventory_palette
from messaging.web import register as messaging_pages
from orders import notices as order_notices
from orders import status_jobs as order_status_jobs
from orders.actions.configure_statuses import forget_field
from orders.actions.currency import OrderSums
from orders.actions.setup import set_up_orders
from orders.api import channels as order_channels
from orders.selectors import customers as order_customers
from orders.web import register as order_pages

__all__ = ["celery_app", "connect"]

# Modules that register subscribers when they are imported.
SUBSCRIBERS = (
    "customers.subscribers",
    "orders.subscribers",
    "messaging.subscribers",
    "crm.webhooks.subscribers",
    "config.live",
)


def connect() -> None:
    celery_app.set_default()
    connect_signals()
    set_up_error_tracking()
    audit_words.connect()
    audit_objects.connect()
    effect_words.connect()
    register_company_setup(set_up_inventory)
    register_company_setup(set_up_orders)
    register_currency_keeper(OrderSums())
    register_archive_hook(forget_field)
    for module in SUBSCRIBERS:
        import_module(module)
    outbox_sidebar.register()
    customers_palette.register()
    inventory_palette.register()
    messaging_pages.register()
    connect_operations()
    customers_exports.connect()
    inventory_exports.connect()
    audit_export.connect()
    export_notices.connect()
    job_notices.connect()
    order_notices.connect()
    order_customers.register()
    order_pages.connect()
    order_status_jobs.connect()
    order_channels.register()
    woocommerce.connect()
    import_jobs.connect()
    import_pages.register()
    onboarding_pages.register()
    event_objects.connect()
    webhook_pages.connect()
    archive_pages.register()
    accounts_palette.register()
