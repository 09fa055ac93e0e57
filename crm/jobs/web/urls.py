from django.urls import path

from crm.jobs.web import views

app_name = "jobs"
urlpatterns = [
    path("", views.jobs, name="list"),
    path("<int:job_id>/", views.job, name="job"),
    path("<int:job_id>/stop/", views.stop, name="stop"),
    path("<int:job_id>/undo/", views.undo, name="undo"),
    path("<int:job_id>/file/", views.file, name="file"),
]
