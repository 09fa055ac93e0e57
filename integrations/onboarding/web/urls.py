from django.urls import path

from integrations.onboarding.web import views

app_name = "onboarding"
urlpatterns = [
    path("start/", views.start, name="start"),
    path("start/steps/", views.steps, name="steps"),
    path("start/dismiss/", views.dismiss, name="dismiss"),
    path("start/show/", views.show, name="show"),
]
