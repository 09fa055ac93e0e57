"""Settings of the REST API and of its OpenAPI description."""

from .env import env_int

# What one key or member may ask for in a minute.
API_REQUESTS_PER_MINUTE = env_int("API_REQUESTS_PER_MINUTE", 1200)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "crm.api.authentication.ApiKeyAuthentication",
        "crm.api.authentication.MemberSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["crm.api.permissions.DeclaredPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "crm.api.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
    "LIST_SERIALIZER_ERRORS_AS_DICT": True,
    "COERCE_DECIMAL_TO_STRING": True,
    "DATETIME_FORMAT": "iso-8601",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Kram API",
    "DESCRIPTION": "Orders, customers, products and stock of one company.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "Stage": "orders.api.inputs.STAGES",
        "DeliveryMethod": "orders.api.inputs.DELIVERY",
        "PaymentMethod": "orders.api.inputs.PAYMENT",
        "PaymentState": "orders.api.outputs.PAYMENT_STATES",
        "PaymentKind": ("payment", "refund"),
        "ActorKind": ("member", "api_key", "connection", "system"),
        "ContactKind": ("phone", "email"),
        "Language": ("uk", "ru", "en"),
        "WebhookState": ("on", "paused", "off", "removed"),
        "WebhookWish": ("on", "paused"),
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "crm.api.schema.finish_schema",
    ],
}
