from django.urls import path

from integrations.onboarding.web import example, views

app_name = "onboarding"
urlpatterns = [
    path("start/", views.start, name="start"),
    path("start/steps/", views.steps, name="steps"),
    path("start/dismiss/", views.dismiss, name="dismiss"),
    path("start/show/", views.show, name="show"),
    path("start/example/", example.remove, name="example"),
    path("start/example/fill/", example.fill, name="fill-example"),
]
